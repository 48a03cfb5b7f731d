//! The table of extensions and types.

/// Extensions and the types that files with them are declared as.
pub(super) const TABLE: &[(&str, &str)] = &[
    // Images.
    (
        "jpg jpeg jpe jfif pjpeg pjp",
        "image/jpeg image/jpg image/pjpeg",
    ),
    (
        "png apng",
        "image/png image/apng image/x-png image/vnd.mozilla.apng",
    ),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif avifs", "image/avif image/avif-sequence"),
    (
        "heic heif heics heifs hif",
        "image/heic image/heif image/heic-sequence image/heif-sequence",
    ),
    ("bmp dib", "image/bmp image/x-bmp image/x-ms-bmp"),
    ("tif tiff", "image/tiff image/tiff-fx image/x-tiff"),
    ("ico cur", "image/vnd.microsoft.icon image/x-icon image/ico"),
    ("jxl", "image/jxl"),
    ("jp2 j2k jpx jpf", "image/jp2 image/jpx image/jpeg2000"),
    ("svg", "image/svg+xml"),
    (
        "psd",
        "image/vnd.adobe.photoshop image/x-photoshop application/x-photoshop application/photoshop image/psd",
    ),
    ("dng", "image/x-adobe-dng image/dng image/tiff"),
    (
        "cr2 cr3 nef arw raf orf rw2 pef srw",
        "image/x-raw image/x-canon-cr2 image/x-canon-cr3 image/x-nikon-nef image/x-sony-arw image/x-fuji-raf image/x-olympus-orf image/x-panasonic-rw2 image/x-pentax-pef image/x-samsung-srw image/tiff",
    ),
    ("tga", "image/x-tga image/x-targa"),
    // Sound and films.
    (
        "mp3 mpga",
        "audio/mpeg audio/mp3 audio/x-mp3 audio/x-mpeg audio/mpeg3",
    ),
    (
        "m4a m4b",
        "audio/mp4 audio/x-m4a audio/m4a audio/aac video/mp4",
    ),
    (
        "aac",
        "audio/aac audio/x-aac audio/vnd.dlna.adts audio/aacp",
    ),
    (
        "wav wave",
        "audio/wav audio/x-wav audio/wave audio/vnd.wave",
    ),
    ("flac", "audio/flac audio/x-flac"),
    (
        "ogg oga opus spx",
        "audio/ogg audio/opus audio/x-opus video/ogg application/ogg",
    ),
    ("mid midi", "audio/midi audio/mid audio/x-midi"),
    ("aif aiff aifc", "audio/aiff audio/x-aiff"),
    ("amr", "audio/amr"),
    ("wma", "audio/x-ms-wma"),
    ("weba", "audio/webm"),
    (
        "mp4 m4v mp4v",
        "video/mp4 video/x-m4v audio/mp4 application/mp4",
    ),
    ("mov qt", "video/quicktime"),
    ("webm", "video/webm audio/webm"),
    (
        "mkv mk3d mka",
        "video/x-matroska video/matroska audio/x-matroska",
    ),
    (
        "avi",
        "video/x-msvideo video/avi video/msvideo video/vnd.avi",
    ),
    ("wmv", "video/x-ms-wmv"),
    ("mpg mpeg mpe", "video/mpeg"),
    ("3gp 3gpp", "video/3gpp audio/3gpp"),
    ("3g2", "video/3gpp2 audio/3gpp2"),
    ("ogv", "video/ogg"),
    ("flv", "video/x-flv"),
    (
        "ts mts m2ts",
        "video/mp2t text/typescript application/typescript application/x-typescript text/vnd.trolltech.linguist text/plain text/x-typescript",
    ),
    // Documents.
    (
        "pdf",
        "application/pdf application/x-pdf application/acrobat text/pdf",
    ),
    ("doc dot", "application/msword application/vnd.ms-word"),
    (
        "xls xlt",
        "application/vnd.ms-excel application/msexcel application/x-msexcel",
    ),
    (
        "ppt pps pot",
        "application/vnd.ms-powerpoint application/mspowerpoint",
    ),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document application/zip application/x-zip-compressed",
    ),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet application/zip application/x-zip-compressed",
    ),
    (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation application/zip application/x-zip-compressed",
    ),
    (
        "ppsx",
        "application/vnd.openxmlformats-officedocument.presentationml.slideshow application/zip application/x-zip-compressed",
    ),
    (
        "odt",
        "application/vnd.oasis.opendocument.text application/zip",
    ),
    (
        "ods",
        "application/vnd.oasis.opendocument.spreadsheet application/zip",
    ),
    (
        "odp",
        "application/vnd.oasis.opendocument.presentation application/zip",
    ),
    (
        "pages",
        "application/vnd.apple.pages application/x-iwork-pages-sffpages application/zip",
    ),
    (
        "numbers",
        "application/vnd.apple.numbers application/x-iwork-numbers-sffnumbers application/zip",
    ),
    ("epub", "application/epub+zip application/zip"),
    (
        "rtf",
        "application/rtf text/rtf application/msword text/richtext",
    ),
    (
        "ps eps ai",
        "application/postscript application/pdf application/illustrator application/eps image/x-eps",
    ),
    // Text.
    ("txt text log conf ini", "text/plain"),
    (
        "csv",
        "text/csv application/csv text/comma-separated-values text/x-csv application/vnd.ms-excel application/x-csv text/plain",
    ),
    (
        "tsv tab",
        "text/tab-separated-values text/tsv text/plain application/vnd.ms-excel",
    ),
    ("md markdown", "text/markdown text/x-markdown text/plain"),
    (
        "json",
        "application/json text/json text/plain application/x-json",
    ),
    (
        "geojson",
        "application/geo+json application/json text/plain",
    ),
    (
        "ndjson jsonl",
        "application/x-ndjson application/jsonl application/json text/plain",
    ),
    (
        "yaml yml",
        "application/yaml text/yaml application/x-yaml text/x-yaml text/plain",
    ),
    ("toml", "application/toml text/plain"),
    (
        "sql",
        "application/sql application/x-sql text/x-sql text/plain",
    ),
    ("css", "text/css text/plain"),
    ("ics", "text/calendar text/plain"),
    (
        "vcf vcard",
        "text/vcard text/x-vcard text/directory text/plain",
    ),
    ("srt", "application/x-subrip text/plain text/srt"),
    ("vtt", "text/vtt text/plain"),
    ("tex", "application/x-tex text/x-tex text/plain"),
    // Archives and containers.
    (
        "zip",
        "application/zip application/x-zip-compressed application/x-zip multipart/x-zip",
    ),
    (
        "gz tgz",
        "application/gzip application/x-gzip application/x-compressed-tar application/x-tgz application/x-compressed application/x-tar application/x-gtar-compressed",
    ),
    ("tar", "application/x-tar application/tar"),
    (
        "bz2",
        "application/x-bzip2 application/x-bzip application/bzip2",
    ),
    ("xz", "application/x-xz application/xz"),
    ("zst", "application/zstd application/x-zstd"),
    ("7z", "application/x-7z-compressed"),
    (
        "rar",
        "application/vnd.rar application/x-rar-compressed application/x-rar application/x-compressed",
    ),
    // Fonts, models, data.
    (
        "woff",
        "font/woff application/font-woff application/x-font-woff",
    ),
    ("woff2", "font/woff2 application/font-woff2"),
    (
        "ttf",
        "font/ttf font/sfnt application/x-font-ttf application/font-sfnt",
    ),
    (
        "otf",
        "font/otf font/sfnt application/x-font-otf application/vnd.ms-opentype",
    ),
    ("wasm", "application/wasm"),
    ("parquet", "application/vnd.apache.parquet"),
    ("glb", "model/gltf-binary"),
    ("gltf", "model/gltf+json application/json"),
    (
        "stl",
        "model/stl application/sla application/vnd.ms-pki.stl application/x-navistyle",
    ),
    ("obj", "model/obj text/plain application/x-tgif"),
    (
        "3mf",
        "model/3mf application/vnd.ms-package.3dmanufacturing-3dmodel+xml application/zip",
    ),
    ("sqlite db", "application/vnd.sqlite3 application/x-sqlite3"),
    ("iso", "application/x-iso9660-image application/x-cd-image"),
    ("dmg", "application/x-apple-diskimage"),
    (
        "apk",
        "application/vnd.android.package-archive application/zip",
    ),
    ("gpx", "application/gpx+xml application/xml text/xml"),
    (
        "kml",
        "application/vnd.google-earth.kml+xml application/xml text/xml",
    ),
    ("kmz", "application/vnd.google-earth.kmz application/zip"),
    // Types that a browser executes.
    ("html htm shtml", "text/html"),
    ("xhtml xht", "application/xhtml+xml"),
    ("svgz", "image/svg+xml image/svg+xml-compressed"),
    (
        "xml rss atom xsd",
        "application/xml text/xml application/rss+xml application/atom+xml text/plain",
    ),
    (
        "xsl xslt",
        "application/xslt+xml text/xsl application/xml text/xml text/plain",
    ),
    (
        "js mjs cjs",
        "text/javascript application/javascript application/x-javascript application/ecmascript text/plain",
    ),
    (
        "mht mhtml",
        "multipart/related message/rfc822 application/x-mimearchive",
    ),
    ("eml", "message/rfc822 text/plain"),
    // Types that a system or a server executes.
    (
        "exe dll scr com",
        "application/vnd.microsoft.portable-executable application/x-msdownload application/x-msdos-program application/x-dosexec application/x-ms-dos-executable application/x-ms-ne-executable application/exe application/x-exe application/x-winexe",
    ),
    (
        "msi",
        "application/x-msi application/x-ms-installer application/x-ole-storage application/x-msdownload",
    ),
    (
        "bat cmd",
        "application/x-bat application/bat application/x-msdos-program application/x-msdownload text/plain",
    ),
    (
        "ps1 psm1",
        "application/x-powershell text/x-powershell text/plain",
    ),
    (
        "vbs vbe wsf",
        "text/vbscript application/x-vbs text/vbs text/plain",
    ),
    ("hta", "application/hta"),
    ("lnk", "application/x-ms-shortcut"),
    ("reg", "text/x-ms-regedit text/plain"),
    (
        "jar war",
        "application/java-archive application/x-java-archive application/x-jar application/zip",
    ),
    ("jnlp", "application/x-java-jnlp-file"),
    ("class", "application/java-vm application/x-java"),
    (
        "swf",
        "application/x-shockwave-flash application/vnd.adobe.flash.movie",
    ),
    ("appcache manifest", "text/cache-manifest"),
    (
        "php php3 php4 php5 php7 phtml phar",
        "application/x-php application/x-httpd-php text/x-php text/php application/php",
    ),
    ("asp aspx ashx asmx", "text/asp application/x-asp"),
    ("jsp jspx", "application/x-jsp text/x-jsp"),
    ("cgi", "application/x-cgi"),
    ("pl pm", "application/x-perl text/x-perl text/plain"),
    (
        "py pyw",
        "text/x-python text/x-python3 application/x-python application/x-python-code text/x-script.python text/plain",
    ),
    ("rb", "application/x-ruby text/x-ruby text/plain"),
    (
        "sh bash",
        "application/x-sh application/x-shellscript text/x-sh text/x-shellscript text/plain",
    ),
    (
        "elf so bin o",
        "application/x-executable application/x-elf application/x-sharedlib application/x-object application/octet-stream",
    ),
];

/// Extensions that a browser, a system or a server may run: where the type is unknown, the key does not contain them.
pub(super) const RUN: &str = " html htm shtml xhtml xht svg svgz xml xsl xslt js mjs cjs mht mhtml exe dll scr com msi bat cmd ps1 \
    psm1 vbs vbe wsf hta lnk reg jar war jnlp class swf appcache manifest php php3 php4 php5 php7 phtml phar asp aspx ashx \
    asmx jsp jspx cgi pl pm py pyw rb sh bash elf so htaccess ";
