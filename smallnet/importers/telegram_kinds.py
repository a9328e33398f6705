"""What a Telegram message is, and what a line of the platform tells."""

from collections.abc import Mapping
from typing import Any

__all__ = ["OTHER", "kind_of"]

MEDIA = {
    "sticker": "sticker",
    "video_message": "video",
    "video_file": "video",
    "voice_message": "audio",
    "audio_file": "audio",
    "animation": "image",
}
TOLD_BY = {  # fields that tell what a message is, where media_type does not
    "photo": "image",
    "file": "file",
    "poll": "poll",
    "location_information": "location",
    "place_name": "location",
    "contact_information": "media",
    "game_title": "media",
    "invoice_information": "media",
    "todo_list": "media",
    "giveaway_information": "media",
}
TELLING = frozenset(TOLD_BY)
OTHER = {
    "edit_group_title": "subject changed",
    "edit_group_photo": "picture changed",
    "delete_group_photo": "picture changed",
    "pin_message": "message pinned",
    "migrate_to_supergroup": "group became a supergroup",
    "migrate_from_group": "group became a supergroup",
    "topic_created": "topic created",
    "topic_edit": "topic changed",
    "set_messages_ttl": "lifetime of messages changed",
    "clear_history": "history cleared",
    "joined_telegram": "contact joined the platform",
    "group_call": "group call began",
    "group_call_scheduled": "group call planned",
    "invite_to_group_call": "invited to a group call",
    "take_screenshot": "screenshot taken",
    "edit_chat_theme": "look changed",
    "set_chat_wallpaper": "look changed",
    "set_same_chat_wallpaper": "look changed",
    "boost_apply": "group boosted",
    "create_channel": "group created",
    "create_group": "group created",
}


def kind_of(record: Mapping[str, Any]) -> str:
    """Tell what a message is."""
    if "media_type" in record:
        kind = MEDIA.get(str(record["media_type"]))
        if kind is not None:
            return kind
    if TELLING.isdisjoint(record):
        return "text"
    return next(kind for field, kind in TOLD_BY.items() if field in record)
