"""What WhatsApp itself writes into a chat, in the languages of phones.

Each entry is a sentence as the app has it, with places for who acts and whom it concerns. An
entry that names nobody to act, or nobody to be acted on, where the language puts it into the verb
(``Añadiste a …``), says so by ``you``.
"""

import functools
import re
from dataclasses import dataclass

__all__ = [
    "DELETED",
    "DELETED_BY_ME",
    "Line",
    "is_you",
    "kind_of_media",
    "other_kind",
    "read_system_line",
    "split_names",
]

WHO = r"(?P<who>[^:\n]{1,150}?)"
WHOM = r"(?P<whom>[^\n]{1,3000}?)"

# change | sentence | who is "you" (a: who acts, o: whom it concerns)
SENTENCES = """
created | {who} created (?:this )?group.* |
created | {who} hat (?:die|diese) Gruppe.*erstellt |
created | Du hast (?:die|diese) Gruppe.*erstellt | a
created | {who} creó (?:el|este) grupo.* |
created | Creaste (?:el|este) grupo.* | a
created | {who} a créé (?:le|ce) groupe.* |
created | Vous avez créé (?:le|ce) groupe.* | a
created | {who} criou (?:o|este) grupo.* |
created | {who} ha creato (?:il|questo) gruppo.* |
created | Hai creato (?:il|questo) gruppo.* | a
created | {who} созда(?:л|ла|л\\(а\\)|ли) (?:эту )?групп[уы].* |
created | {who}\\s?(?:创建了|創建了|建立了|已创建|已建立)\\s?(?:此|这个|這個|本)?\\s?(?:群组|群組|群聊|群).* |
created | (?:قام|قامت) {who} بإنشاء (?:هذه )?المجموعة.* |
created | (?:أنشأ|أنشأت) {who} (?:هذه )?المجموعة.* |
created | (?:لقد )?أنشأتَ? (?:هذه )?المجموعة.* | a
created | {who}\\s?ने (?:.*)(?:ग्रुप|समूह).*बनाया(?: है)? |
joined | {who} joined (?:using|via|from|with|this|the).* |
joined | {who} joined |
joined | {who} ist (?:dieser |der )?(?:Gruppe )?(?:mit|mithilfe|über|durch).*beigetreten |
joined | {who} ist der Gruppe.*beigetreten |
joined | Du bist .*beigetreten | a
joined | {who} se unió.* |
joined | Te uniste.* | a
joined | {who} a rejoint.* |
joined | Vous avez rejoint.* | a
joined | {who} entrou.* |
joined | {who} (?:è entrat[oa]|si è unit[oa]|ha effettuato l.accesso).* |
joined | (?:Ti sei unit[oa]|Sei entrat[oa]).* | a
joined | {who} присоедини(?:лся|лась|лся\\(-ась\\)|лись).* |
joined | {who} вступи(?:л|ла|л\\(а\\)|ли) (?:в групп).* |
joined | {who}\\s?(?:已)?(?:使用|通过|透過|经由|經由|用)\\s?.*(?:链接|連結|鏈接|邀请|邀請).*(?:加入).* |
joined | {who}\\s?(?:从社群|從社群).*加入.* |
joined | (?:انضم|انضمت) {who} (?:باستخدام|عبر|عن طريق|إلى|من|بواسطة).* |
joined | (?:لقد )?انضممتَ?.* | a
joined | {who} (?:इस )?(?:ग्रुप|समूह) .*(?:लिंक|link).*(?:जुड़े|जुड़ गए|जुड़ीं|शामिल हुए|शामिल हो गए)(?: हैं)? |
added | {who} added {whom} |
added | {whom} (?:was|were) added.* |
added | {who} hat {whom} hinzugefügt |
added | {whom} (?:wurde|wurdest|wurden) hinzugefügt |
added | {who} te (?:añadió|agregó) | o
added | (?:Añadiste|Agregaste) a {whom} | a
added | {who} (?:añadió|agregó) a {whom} |
added | Se (?:te )?(?:añadió|agregó)(?: a (?:usted|ti))? | o
added | Se (?:añadió|agregó) a {whom} |
added | {who} vous a ajouté(?:e|\\(e\\))? | o
added | Vous avez ajouté {whom} | a
added | {who} a ajouté {whom} |
added | {whom} (?:a|ont|avez) été ajouté(?:e|s|es|\\(e\\)|\\(e\\)s)? |
added | {who} te adicionou | o
added | {who} adicionou {whom} |
added | {whom} (?:foi|foram) adicionad[oa]s? |
added | {who} ti ha aggiunto | o
added | Hai aggiunto {whom} | a
added | {who} ha aggiunto {whom} |
added | (?:Sei stat[oa] aggiunt[oa]) | o
added | {whom} (?:è stat[oa]|sono stat[ie]) aggiunt[oaie] |
added | {who} добави(?:л|ла|л\\(а\\)|л\\(-а\\)|ли) {whom} |
added | Вас добавили | o
added | {whom} (?:был добавлен|была добавлена|добавлен\\(а\\)|были добавлены) |
added | {who}\\s?(?:添加了|新增了|已新增|已添加|加入了|邀请了|邀請了)\\s?{whom} |
added | {who}\\s?(?:已)?(?:将|將|把)\\s?{whom}\\s?(?:加入|添加).* |
added | {whom}\\s?(?:已被|被)(?:添加|新增|加入).* |
added | (?:قام|قامت) {who} بإضافة {whom} |
added | (?:لقد )?(?:قمتَ? بإضافة|أضفتَ?) {whom} | a
added | (?:تمت إضافتك|تم إضافتك).* | o
added | (?:أضافك|أضافتك) {who} | o
added | (?:تمت|تم) إضافة {whom} |
added | {who}\\s?ने {whom}\\s?को (?:ग्रुप में )?(?:जोड़ा|शामिल किया|जोड़ दिया)(?: है)? |
added | {who}\\s?ने आपको (?:ग्रुप में )?(?:जोड़ा|शामिल किया)(?: है)? | o
added | {whom}\\s?को (?:ग्रुप में )?(?:जोड़ा गया|शामिल किया गया)(?: है| था)? |
left | {who} left(?: the group)? |
left | {who} (?:hat|hast|haben) die Gruppe verlassen |
left | Saliste(?: del grupo)? | a
left | {who} salió(?: del grupo)? |
left | Vous (?:avez quitté|êtes parti).* | a
left | {who} (?:a quitté|est parti(?:e|\\(e\\))?)(?: le groupe)? |
left | {who} saiu(?: do grupo)? |
left | (?:Hai abbandonato|Sei uscit[oa]).* | a
left | {who} (?:ha abbandonato|è uscit[oa])(?: il gruppo| dal gruppo)? |
left | {who} (?:вышел|вышла|вышли|вышел\\(-шла\\)|вышел\\(а\\))(?: из группы)? |
left | {who} покину(?:л|ла|л\\(а\\)|л\\(-а\\)|ли)(?: групп[уы])? |
left | {who}\\s?(?:已)?(?:离开了?|離開了?|退出了?|已退出)\\s?(?:群组|群組|群聊|此群组|此群組)? |
left | (?:لقد )?غادرتَ?(?: المجموعة)? | a
left | (?:غادر|غادرت) {who}(?: المجموعة)? |
left | {who}\\s?ने (?:ग्रुप |समूह )?(?:छोड़ दिया|छोड़ा)(?: है)? |
left | {who} (?:ग्रुप |समूह )?(?:से )?(?:निकल गए|बाहर हो गए|बाहर निकल गए|चले गए)(?: हैं)? |
removed | {who} removed {whom} |
removed | {whom} (?:was|were) removed.* |
removed | {who} (?:hat|hast) {whom} entfernt |
removed | {whom} (?:wurde|wurdest|wurden) entfernt |
removed | {who} te (?:eliminó|sacó|quitó) | o
removed | (?:Eliminaste|Sacaste|Quitaste) a {whom} | a
removed | {who} (?:eliminó|sacó|quitó) a {whom} |
removed | Se (?:eliminó|sacó) a {whom} |
removed | {who} vous a (?:retiré|supprimé|exclu)(?:e|\\(e\\))? | o
removed | Vous avez (?:retiré|exclu) {whom} | a
removed | {who} a (?:retiré|exclu) {whom} |
removed | {whom} (?:a|ont|avez) été retiré(?:e|s|es|\\(e\\)|\\(e\\)s)? |
removed | {who} te removeu | o
removed | {who} removeu {whom} |
removed | {whom} (?:foi|foram) removid[oa]s? |
removed | {who} ti ha rimosso | o
removed | Hai rimosso {whom} | a
removed | {who} ha rimosso {whom} |
removed | {whom} (?:è stat[oa]|sono stat[ie]) rimoss[oaie] |
removed | {who} (?:удали|исключи)(?:л|ла|л\\(а\\)|л\\(-а\\)|ли) {whom} |
removed | Вас (?:удалили|исключили) | o
removed | {whom} (?:был удален|была удалена|удален\\(а\\)|удалён\\(а\\)) |
removed | {who}\\s?(?:移除了|已移除|删除了|踢出了)\\s?{whom} |
removed | {who}\\s?(?:已)?(?:将|將|把)\\s?{whom}\\s?(?:移除|移出).* |
removed | {whom}\\s?(?:已被|被)(?:移除|移出).* |
removed | (?:قام|قامت) {who} بإزالة {whom} |
removed | (?:لقد )?(?:قمتَ? بإزالة|أزلتَ?) {whom} | a
removed | (?:تمت إزالتك|تم إزالتك).* | o
removed | (?:أزالك|أزالتك) {who} | o
removed | (?:تمت|تم) إزالة {whom} |
removed | {who}\\s?ने {whom}\\s?को (?:ग्रुप से )?(?:हटाया|निकाला|हटा दिया|निकाल दिया)(?: है)? |
removed | {whom}\\s?को (?:ग्रुप से )?(?:हटाया गया|निकाला गया|हटा दिया गया)(?: है)? |
number | {who} changed to {whom} |
number | {who} hat zu {whom} gewechselt |
number | {who} cambió a {whom} |
number | {who} mudou para {whom} |
"""

YOU = frozenset(
    ["you", "du", "dich", "ihnen", "sie", "tú", "te", "usted", "ti", "vous", "você", "te", "tu", "ti", "вы", "вас", "您", "你", "أنت", "आप", "आपको", "आपने", "あなた", "나", "jij", "je", "u", "ty", "cię", "siz", "sen", "kamu", "anda"]
)
OTHER = (  # what else the app tells, by a word of each language
    ("subject changed", ("subject", "group name", "betreff", "gruppenname", "asunto", "nombre del grupo",
        "sujet", "nom du groupe", "assunto", "nome do grupo", "oggetto", "nome del gruppo", "тему",
        "название группы", "主题", "主題", "主旨", "群组名称", "群組名稱", "الموضوع", "اسم المجموعة", "विषय",
        "ग्रुप का नाम")),
    ("icon changed", ("icon", "gruppenbild", "ícono", "icono", "icône", "imagem do grupo", "ícone",
        "immagine", "иконку", "изображение группы", "картинку", "图标", "圖示", "頭像", "头像", "صورة", "आइकन")),
    ("description changed", ("description", "beschreibung", "descripción", "descrição", "descrizione",
        "описание", "描述", "說明", "说明", "وصف", "विवरण")),
    ("encryption", ("end-to-end", "ende-zu-ende", "extremo a extremo", "bout en bout",
        "ponta a ponta", "сквозн", "端到端", "端對端", "التشفير", "مشفرة", "एंड-टू-एंड", "एन्क्रिप्ट")),
    ("security code", ("security code", "sicherheitsnummer", "código de seguridad", "code de sécurité",
        "código de segurança", "codice di sicurezza", "код безопасности", "安全码", "安全碼", "رمز الأمان",
        "सुरक्षा कोड")),
    ("administrator", ("admin", "管理员", "管理員", "админ", "مشرف", "एडमिन")),
    ("call", ("call", "anruf", "llamada", "appel", "chamada", "ligação", "chiamata", "звонок", "通话",
        "通話", "مكالمة", "कॉल")),
    ("pinned", ("pinned", "angeheftet", "fijó", "épinglé", "fixou", "fissato", "закрепи", "置顶", "釘選",
        "ثبّت", "पिन")),
    ("disappearing messages", ("disappearing", "selbstlöschend", "temporales", "éphémères",
        "temporárias", "effimeri", "исчезающ", "限时消息", "自動銷毀", "ذاتية", "गायब")),
    ("number changed", ("phone number", "telefonnummer", "número de teléfono", "numéro de téléphone",
        "número de telefone", "numero di telefono", "номер телефона", "手机号", "電話號碼", "رقم", "नंबर")),
    ("settings changed", ("settings", "einstellungen", "ajustes", "configuración", "paramètres",
        "configurações", "impostazioni", "настройки", "设置", "設定", "إعدادات", "सेटिंग")),
)  # fmt: skip

DELETED_BY_ME = frozenset(
    """you deleted this message
    du hast diese nachricht gelöscht
    eliminaste este mensaje
    vous avez supprimé ce message
    você apagou esta mensagem
    você apagou essa mensagem
    hai eliminato questo messaggio
    вы удалили это сообщение
    вы удалили данное сообщение
    您删除了此消息
    你删除了这条消息
    您已刪除此訊息
    你已刪除此訊息
    لقد حذفت هذه الرسالة
    آپ نے یہ پیغام حذف کیا
    आपने इस संदेश को मिटाया
    आपने यह मैसेज डिलीट किया""".replace("    ", "").split("\n")
)
DELETED = DELETED_BY_ME | frozenset(
    """this message was deleted
    diese nachricht wurde gelöscht
    se eliminó este mensaje
    este mensaje fue eliminado
    ce message a été supprimé
    mensagem apagada
    esta mensagem foi apagada
    essa mensagem foi apagada
    questo messaggio è stato eliminato
    данное сообщение удалено
    это сообщение удалено
    此消息已删除
    这条消息已被删除
    此訊息已刪除
    此訊息已被刪除
    تم حذف هذه الرسالة
    यह संदेश मिटाया गया था
    यह मैसेज डिलीट किया गया है""".replace("    ", "").split("\n")
)
LEFT_OUT = re.compile(  # words for "omitted", as the whole of a short message
    r"omitted|omitid[oa]|weggelassen|ausgelassen|ausgeschlossen|absente?|omis[es]?|retiré|manquant|"
    r"ocultad[oa]|ocult[oa]|omess[oai]|non inclus[oa]|esclus[oa]|отсутству|без медиафайлов|пропущен|"
    r"忽略|略去|省略|已隐藏|已隱藏|استبعاد|غير مدرج|تم تضمين|छोड़|हटा|শামিল|weggelaten|pominięto|dahil edilmedi|"
    r"tidak disertakan|utelämnad|udeladt|ei sisälly|생략|除外",
    re.IGNORECASE,
)
KINDS = (  # words in a note of omission, or endings of a file
    ("sticker", ("sticker", "贴图", "貼圖", "ملصق", "стикер", "स्टिकर", "figurinha", ".webp")),
    ("video", ("video", "vídeo", "vidéo", "видео", "视频", "影片", "فيديو", "वीडियो", ".mp4", ".mov", ".3gp")),
    ("audio", ("audio", "áudio", "аудио", "音频", "音訊", "语音", "صوت", "ऑडियो", ".opus", ".m4a", ".mp3",
        ".aac", ".ogg", ".amr", ".wav")),
    ("image", ("image", "imagen", "imagem", "bild", "immagine", "изображение", "图像", "图片", "圖片",
        "صورة", "इमेज", "फ़ोटो", "gif", ".jpg", ".jpeg", ".png", ".heic")),
    ("contact_card", ("contact", "kontakt", "contacto", "contato", "contatto", "контакт", "联系人",
        "聯絡人", "جهة اتصال", ".vcf")),
    ("file", ("document", "dokument", "documento", "документ", "文件", "檔案", "مستند", "दस्तावेज़", ".pdf",
        ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".zip", ".txt", ".csv")),
)  # fmt: skip
ATTACHED = re.compile(  # iOS: <attached: 0001-PHOTO.jpg>; Android: IMG-1.jpg (file attached)
    r"<[^<>:]{2,40}\s?[:：]\s?[^<>]+\.\w{2,5}>|[^\n/]{1,150}\.\w{2,5} \([^()\n]{4,60}\)"
)
ANGLED = re.compile(r"<[^\W\d_][^<>\d@:/=]{4,60}>")
NAME_BETWEEN = re.compile(
    r"\s*[、，،]\s*|,\s+(?:(?:and|y|e|et|und|и|و|और|en|dan|ve)\s+)?"
    r"|\s+(?:and|y|e|et|und|и|و|和|及|與|与|और|en|dan|ve)\s+"
)
OTHERS = re.compile(r"(?:\d+|.*\b\d+ (?:others?|weitere|más|autres|outros|altri))\b.*")
QUOTES = "\"'“”„«»「」『』‟’ "


@dataclass(frozen=True)
class Line:
    """A line of the app on who is in: ``who`` acts on ``whom``; None where it does not say."""

    change: str  # created, joined, added, left, removed, number
    who: str | None
    whom: str | None  # one name or several, as they stand
    you_act: bool = False
    you_concerned: bool = False


@functools.cache
def _patterns() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    found = []
    for entry in SENTENCES.strip().splitlines():
        change, _, rest = entry.partition(" | ")
        sentence, _, you = rest.rpartition(" |")
        pattern = sentence.replace("{who}", WHO).replace("{whom}", WHOM)
        found.append((change, re.compile(pattern + r"[.。।]?", re.IGNORECASE), you.strip()))
    return tuple(found)


def read_system_line(text: str) -> Line | None:
    """Read a line of the app on who is in; None where it is about something else.

    Parameters
    ----------
    text : str
        Without marks of direction.

    Examples
    --------
    >>> read_system_line("Ana added you"), read_system_line("Ana changed this group's icon")
    (Line(change='added', who='Ana', whom='you', you_act=False, you_concerned=True), None)
    """
    if len(text) > 3500:
        return None
    for change, pattern, you in _patterns():
        found = pattern.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
        who, whom = parts.get("who"), parts.get("whom")
        if change == "number" and not any(map(str.isdigit, whom or "")):
            continue
        return Line(
            change,
            who,
            whom,
            you_act=you == "a" or is_you(who),
            you_concerned=you == "o" or is_you(whom),
        )
    return None


def is_you(name: str | None) -> bool:
    """Tell whether a name is the app's word for whoever exported."""
    return name is not None and name.strip(QUOTES).lower() in YOU


def split_names(names: str, known: frozenset[str] | set[str] = frozenset()) -> list[str]:
    """Split a list of names, unless it is one that is known as a whole.

    Examples
    --------
    >>> split_names("Ana, Bo and Cy"), split_names("Tom and Jerry", {"Tom and Jerry"})
    (['Ana', 'Bo', 'Cy'], ['Tom and Jerry'])
    """
    if names in known:
        return [names]
    parts = [part.strip(QUOTES) for part in NAME_BETWEEN.split(names)]
    return [part for part in parts if part and not OTHERS.fullmatch(part)]


def other_kind(text: str) -> str:
    """Tell what else a line of the app is about."""
    folded = text.lower()
    for kind, words in OTHER:
        if any(word in folded for word in words):
            return kind
    return "not recognised"


def kind_of_media(text: str, *, from_app: bool) -> str | None:
    """Tell the kind of what stands in the place of a picture or file; None for words.

    Parameters
    ----------
    text : str
        A message, or its first line, without marks of direction.
    from_app : bool
        Whether the app marked it as its own (iOS).
    """
    if len(text) > 250:
        return None
    attached = ATTACHED.fullmatch(text) is not None
    if not attached:
        angled = ANGLED.fullmatch(text) is not None
        if not (angled and (" " in text or not text.isascii() or LEFT_OUT.search(text))) and not (
            from_app and LEFT_OUT.search(text) and len(text) < 80
        ):
            return None
    folded = text.lower()
    for kind, words in KINDS:
        if any(word in folded for word in words):
            return kind
    return "media"
