-- Texts put together again, byte for byte and for people. Names are unqualified, so that other
-- clients can use them.

-- The bytes of an escaped name (comm, memcg). The cast to VARCHAR writes every backslash as \x5C.
CREATE OR REPLACE MACRO comm_bytes(name) AS
    replace(
        replace(replace(encode(name)::VARCHAR, '\x5C\x5C', chr(1)), '\x5Cx', '\x'),
        chr(1), '\x5C'
    )::BLOB;

CREATE OR REPLACE VIEW record_texts AS
SELECT
    r.dump_id,
    r.ord,
    h.raw || coalesce(encode(r.alloc_ts::VARCHAR), ''::BLOB) || l.after_ts
        || coalesce(encode(r.free_ts::VARCHAR), ''::BLOB) || l.after_free_ts
        || encode(CASE WHEN l.hex_pfn THEN printf('%x', r.pfn) ELSE r.pfn::VARCHAR END)
        || l.after_pfn || encode(r.pageblock::VARCHAR) || p.raw || t.raw AS raw
FROM records r
JOIN headers h ON h.header_id = r.header_id
JOIN layouts l ON l.layout_id = r.layout_id
JOIN page_states p ON p.page_state_id = r.page_state_id
JOIN rests t ON t.rest_id = r.rest_id;

-- What a terminal acts on, or what hides and reorders text.
CREATE OR REPLACE MACRO has_unsafe(name) AS regexp_matches(name,
    '[\x00-\x1f\x7f-\x{9f}\x{61c}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{2069}\x{feff}]');

-- Such characters of a name as \xNN, so that it cannot forge lines or move a cursor.
CREATE OR REPLACE MACRO visible(name) AS
    CASE WHEN has_unsafe(name)
        THEN array_to_string(list_transform(string_split(name, ''),
            lambda c: CASE WHEN has_unsafe(c)
                THEN regexp_replace(lower(hex(encode(c))), '(..)', '\\x\1', 'g') ELSE c END), '')
        ELSE name
    END;

-- The same of each line of a text.
CREATE OR REPLACE MACRO visible_lines(lines) AS
    CASE WHEN has_unsafe(replace(lines, chr(10), ''))
        THEN array_to_string(list_transform(
            string_split(lines, chr(10)), lambda line: visible(line)), chr(10))
        ELSE lines
    END;

CREATE OR REPLACE MACRO header_end(raw) AS
    CASE WHEN raw[-6:] = '), ts '::BLOB THEN '), ts '::BLOB
        WHEN raw[-11:] = '), free_ts '::BLOB THEN '), free_ts '::BLOB
        ELSE ')'::BLOB
    END;

-- A header's text with its process name made visible; the name stands before a known end.
CREATE OR REPLACE MACRO header_text(raw, comm) AS
    CASE WHEN comm IS NULL OR NOT (contains(comm, '\') OR has_unsafe(comm))
        THEN raw
        ELSE raw[1:octet_length(raw) - octet_length(comm_bytes(comm)) - octet_length(header_end(raw))]
            || encode(visible(comm)) || header_end(raw)
    END;

-- What a report prints below a record's first line: its stack, or the handle that stands for it.
CREATE OR REPLACE MACRO stack_body(stack, handle) AS
    CASE WHEN stack <> '' AND stack IS DISTINCT FROM 'handle ' || handle || ' (stack not known)'
        THEN encode(' ' || replace(visible_lines(stack), chr(10), chr(10) || ' ') || chr(10))
        WHEN handle IS NOT NULL THEN encode('handle: ' || handle || chr(10))
        ELSE ''::BLOB
    END;

-- Bytes as text, as names are kept: what is not UTF-8 as \xNN, a backslash as two.
CREATE OR REPLACE MACRO escaped(raw) AS
    coalesce(
        replace(try(decode(raw)), '\', '\\'),
        replace(replace(array_to_string(list_transform(string_split(raw::VARCHAR, '\x'),
            lambda part, n: CASE WHEN n = 1 THEN part ELSE lower(part[1:2]) || part[3:] END),
            '\x'), '\x5c', '\\'), '\x0a', chr(10))
    );

-- The lines below the PFN line, each ended, without the record's empty line.
CREATE OR REPLACE MACRO ended_body(raw) AS
    CASE WHEN raw = '\x0A'::BLOB THEN ''::BLOB
        WHEN raw[-2:] = '\x0A\x0A'::BLOB THEN raw[1:octet_length(raw) - 1]
        WHEN octet_length(raw) = 0 OR raw[-1:] = '\x0A'::BLOB THEN raw
        ELSE raw || '\x0A'::BLOB
    END;

-- Those lines, made visible: a memory cgroup's name is among them.
CREATE OR REPLACE MACRO whole_body(raw) AS
    CASE WHEN contains(replace(raw::VARCHAR, '\x0A', ''), '\x')
        THEN encode(visible_lines(escaped(ended_body(raw))))
        ELSE ended_body(raw)
    END;
