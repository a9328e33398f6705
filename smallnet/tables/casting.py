"""How a column of a file becomes a column of the schema: SQL that casts, and SQL that objects.

A value that cannot be what its column says becomes null and is reported with its row.
"""

from dataclasses import dataclass

from smallnet.tables.schema import Column

__all__ = ["SQL_TYPES", "Cast", "cast_column", "cast_extra", "literal", "no_column", "quoted"]

OFFSET = r"[T ][0-9:.]+(Z|[+-]\d\d(:?\d\d)?)$"
MOMENT = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?"
NO_SECONDS = r"^(.{10}.\d\d:\d\d)(Z|[+-])"
WHOLE = r"[+-]?\d+(\.0*)?"

WHOLES = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"} | {
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
}
FLOATS = {"FLOAT", "DOUBLE"}
NAIVE = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "DATE"}
ZONED = "TIMESTAMP WITH TIME ZONE"
PLAIN = WHOLES | FLOATS | {"VARCHAR", "BOOLEAN", "TIMESTAMP", "DATE"}


@dataclass(frozen=True)
class Cast:
    """SQL of a value, and of the conditions under which it is lost or doubtful (null: never)."""

    value: str
    lost: str | None = None  # not of the column's type
    homeless: str | None = None  # a time without offset where the data set names no zone
    doubtful: str | None = None  # a local time that the clocks of its zone skip or repeat


def quoted(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """Quote a text for SQL."""
    return "'" + str(value).replace("'", "''") + "'"


def cast_column(column: Column, source: str, kind: str, zone: str | None) -> Cast | None:
    """Cast a column of a file to the type of the schema.

    Parameters
    ----------
    column : Column
        The column of the schema.
    source : str
        SQL of the value in the file.
    kind : str
        DuckDB's name of its type.
    zone : str or None
        IANA name of the zone of times without an offset.

    Returns
    -------
    Cast or None
        None where no value of that type can be meant.
    """
    if kind.startswith("ENUM"):
        source, kind = f"CAST({source} AS VARCHAR)", "VARCHAR"
    if kind == '"NULL"':
        return no_column(column)
    if column.kind in {"id", "text"}:
        return _cast_text(column, source, kind)
    if column.kind == "time":
        return _cast_time(source, kind, zone)
    if column.kind == "bool":
        return _cast_bool(source, kind)
    return _cast_number(column, source, kind)


def no_column(column: Column) -> Cast:
    """Give the SQL of a column that a file does not have."""
    return Cast(f"CAST(NULL AS {SQL_TYPES[column.kind]})")


SQL_TYPES = {  # of the kinds of the schema, in DuckDB's words
    "id": "VARCHAR",
    "text": "VARCHAR",
    "time": "TIMESTAMP",
    "bool": "BOOLEAN",
    "int": "BIGINT",
    "float": "DOUBLE",
}


def _checked(value: str, source: str) -> Cast:
    return Cast(value, lost=f"({source} IS NOT NULL AND ({value}) IS NULL)")


def _cast_text(column: Column, source: str, kind: str) -> Cast | None:
    if kind == "VARCHAR":
        return Cast(f"nullif({source}, '')")
    if kind in FLOATS:  # pandas makes whole numbers with gaps float
        known = f"nullif({source}, 'nan'::{kind})"
        if column.kind == "text":
            return Cast(f"CAST({known} AS VARCHAR)")
        whole = f"CASE WHEN {known} = trunc({known}) THEN TRY_CAST({known} AS BIGINT) END"
        return Cast(
            f"CAST({whole} AS VARCHAR)", lost=f"({known} IS NOT NULL AND ({whole}) IS NULL)"
        )
    if kind in WHOLES or kind == "UUID" or (column.kind == "text" and kind in PLAIN):
        return Cast(f"CAST({source} AS VARCHAR)")
    return None


def _cast_time(source: str, kind: str, zone: str | None) -> Cast | None:
    if kind in NAIVE:
        return _checked(
            f"CASE WHEN isfinite({source}) THEN TRY_CAST({source} AS TIMESTAMP) END", source
        )
    if kind == ZONED:
        utc = f"({source} AT TIME ZONE 'UTC')"
        return _checked(f"CASE WHEN isfinite({source}) THEN {utc} END", source)
    if kind != "VARCHAR":
        return None
    trimmed = f"trim({source})"
    given = f"nullif({trimmed}, '')"
    zoned = f"regexp_matches({trimmed}, '{OFFSET}')"
    local = f"TRY_CAST({trimmed} AS TIMESTAMP)"
    full = f"regexp_replace({trimmed}, '{NO_SECONDS}', '\\1:00\\2')"  # DuckDB wants the seconds
    moment = f"coalesce(TRY_CAST({trimmed} AS TIMESTAMPTZ), TRY_CAST({full} AS TIMESTAMPTZ))"
    utc = f"({moment} AT TIME ZONE 'UTC')"
    doubtful = None
    if zone is None or zone == "UTC":
        moved = local
    else:
        name = literal(zone)
        moved = f"(({local} AT TIME ZONE {name}) AT TIME ZONE 'UTC')"
        back = f"(({moved} AT TIME ZONE 'UTC') AT TIME ZONE {name})"
        hour = "INTERVAL 1 HOUR"
        earlier = f"((({moved} - {hour}) AT TIME ZONE 'UTC') AT TIME ZONE {name})"
        later = f"((({moved} + {hour}) AT TIME ZONE 'UTC') AT TIME ZONE {name})"
        doubtful = (
            f"(NOT {zoned} AND ({back} <> {local} OR {earlier} = {local} OR {later} = {local}))"
        )
    value = (
        f"CASE WHEN regexp_full_match({trimmed}, '{MOMENT}') "
        f"THEN CASE WHEN {zoned} THEN {utc} ELSE {moved} END END"
    )
    return Cast(
        value,
        lost=f"({given} IS NOT NULL AND ({value}) IS NULL)",
        homeless=f"(({value}) IS NOT NULL AND NOT {zoned})" if zone is None else None,
        doubtful=doubtful,
    )


def _cast_bool(source: str, kind: str) -> Cast | None:
    if kind == "BOOLEAN":
        return Cast(source)
    if kind in WHOLES | FLOATS:
        known = f"nullif({source}, 'nan'::{kind})" if kind in FLOATS else source
        return _checked(f"CASE WHEN {known} = 1 THEN true WHEN {known} = 0 THEN false END", known)
    if kind != "VARCHAR":
        return None
    word = f"nullif(lower(trim({source})), '')"
    value = (
        f"CASE WHEN {word} IN ('true', '1') THEN true WHEN {word} IN ('false', '0') THEN false END"
    )
    return _checked(value, word)


def _cast_number(column: Column, source: str, kind: str) -> Cast | None:
    target = SQL_TYPES[column.kind]
    if kind == "VARCHAR":
        word = f"nullif(nullif(trim({source}), ''), 'NaN')"
        if column.kind == "int":
            fits = f"regexp_full_match({word}, '{WHOLE}')"
        else:
            fits = f"isfinite(TRY_CAST({word} AS DOUBLE))"
        return _checked(f"CASE WHEN {fits} THEN TRY_CAST({word} AS {target}) END", word)
    if kind in FLOATS:
        known = f"nullif({source}, 'nan'::{kind})"
        fits = f"{known} = trunc({known})" if column.kind == "int" else f"isfinite({known})"
        return _checked(f"CASE WHEN {fits} THEN TRY_CAST({known} AS {target}) END", known)
    if kind in WHOLES or kind.startswith("DECIMAL"):
        fits = f"{source} = trunc({source})" if column.kind == "int" else "true"
        return _checked(f"CASE WHEN {fits} THEN TRY_CAST({source} AS {target}) END", source)
    return None


def cast_extra(source: str, kind: str) -> str:
    """Give SQL for a column that the schema does not know: kept, in a type every backend has."""
    if kind == "VARCHAR":
        return f"nullif({source}, '')"
    if kind == ZONED:
        return f"({source} AT TIME ZONE 'UTC')"
    if kind.startswith("TIMESTAMP"):
        return f"CAST({source} AS TIMESTAMP)"
    if kind in FLOATS:
        return f"nullif(CAST({source} AS DOUBLE), 'nan'::DOUBLE)"
    if kind in WHOLES - {"HUGEINT", "UHUGEINT", "UBIGINT"}:
        return f"CAST({source} AS BIGINT)"
    if kind in {"BOOLEAN", "DATE"}:
        return source
    if kind.startswith("DECIMAL"):
        return f"CAST({source} AS DOUBLE)"
    return f"CAST({source} AS VARCHAR)"
