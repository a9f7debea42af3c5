-- What a function is called in the source, whatever the compiler made of it: the key that joins stacks
-- of two kernel builds. Takes a symbol as printed, without +0x…/0x…; gives NULL for NULL.
--
-- Dropped, in any order and number, from the end:
--   .isra.N .constprop.N .part.N .cold[.N] .localalias[.N] .clone.N .ipa_ra  GCC's clones and splits
--   .lto_priv.N and a bare .N                                               GCC's names for two statics of one name
--   .llvm.N .__uniq.N .<hash of 8 or more hex digits>                        Clang's LTO names for statics
--   .cfi_jt .cfi                                                             Clang's CFI jump table, and body behind it
-- then `_noprof` (Linux 6.10, allocation profiling: alloc_pages is a macro around alloc_pages_noprof),
-- and the leading dot of a PowerPC entry point. No name is ever emptied.
CREATE OR REPLACE MACRO base_function(name) AS CASE
    -- Nearly all names have neither, and regular expressions take far longer to find out.
    WHEN NOT contains(name, '.') AND NOT ends_with(name, '_noprof') THEN name
    ELSE regexp_replace(
        regexp_replace(
            name,
            '(?s)^\.?(.+?)(?:\.(?:isra|constprop|part|cold|localalias|clone|ipa_ra|lto_priv|llvm|__uniq|cfi_jt|cfi)(?:\.[0-9]+)*|\.[0-9]+|\.[0-9a-f]{8,})*$',
            '\1'
        ),
        '(?s)(.)_noprof$',
        '\1'
    )
END;
