INSERT INTO symbol_files VALUES ($file_id, $path, $module, $kernel, $build_id, $base, $root, $cache)
