/**
 * Media types by extension, as registered at IANA; text without a charset. JavaScript is `text/javascript` (RFC 9239),
 * source maps and web manifests are JSON.
 */
const types: Readonly<Record<string, readonly string[]>> = {
  'application/atom+xml': ['atom'],
  'application/epub+zip': ['epub'],
  'application/geo+json': ['geojson'],
  'application/gzip': ['gz', 'tgz'],
  'application/json': ['json', 'map'],
  'application/ld+json': ['jsonld'],
  'application/manifest+json': ['webmanifest'],
  'application/msword': ['doc'],
  'application/pdf': ['pdf'],
  'application/rss+xml': ['rss'],
  'application/rtf': ['rtf'],
  'application/sql': ['sql'],
  'application/toml': ['toml'],
  'application/vnd.apple.mpegurl': ['m3u8'],
  'application/vnd.ms-excel': ['xls'],
  'application/vnd.ms-fontobject': ['eot'],
  'application/vnd.ms-powerpoint': ['ppt'],
  'application/vnd.oasis.opendocument.presentation': ['odp'],
  'application/vnd.oasis.opendocument.spreadsheet': ['ods'],
  'application/vnd.oasis.opendocument.text': ['odt'],
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': ['pptx'],
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': ['xlsx'],
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': ['docx'],
  'application/vnd.sqlite3': ['sqlite', 'sqlite3'],
  'application/wasm': ['wasm'],
  'application/x-7z-compressed': ['7z'],
  'application/x-tar': ['tar'],
  'application/xhtml+xml': ['xhtml'],
  'application/xml': ['xml', 'xsl', 'xsd'],
  'application/yaml': ['yaml', 'yml'],
  'application/zip': ['zip'],
  'application/zstd': ['zst'],
  'audio/aac': ['aac'],
  'audio/flac': ['flac'],
  'audio/midi': ['mid', 'midi'],
  'audio/mp4': ['m4a'],
  'audio/mpeg': ['mp3'],
  'audio/ogg': ['oga', 'ogg', 'opus'],
  'audio/wav': ['wav'],
  'font/collection': ['ttc'],
  'font/otf': ['otf'],
  'font/ttf': ['ttf'],
  'font/woff': ['woff'],
  'font/woff2': ['woff2'],
  'image/apng': ['apng'],
  'image/avif': ['avif'],
  'image/bmp': ['bmp'],
  'image/gif': ['gif'],
  'image/heic': ['heic'],
  'image/jpeg': ['jpeg', 'jpg'],
  'image/jxl': ['jxl'],
  'image/png': ['png'],
  'image/svg+xml': ['svg'],
  'image/tiff': ['tif', 'tiff'],
  'image/vnd.microsoft.icon': ['ico'],
  'image/webp': ['webp'],
  'model/gltf+json': ['gltf'],
  'model/gltf-binary': ['glb'],
  'text/calendar': ['ics'],
  'text/css': ['css'],
  'text/csv': ['csv'],
  'text/html': ['htm', 'html'],
  'text/javascript': ['cjs', 'js', 'mjs'],
  'text/markdown': ['markdown', 'md'],
  'text/plain': ['conf', 'ini', 'log', 'text', 'txt'],
  'text/tab-separated-values': ['tsv'],
  'text/vcard': ['vcf'],
  'text/vtt': ['vtt'],
  'video/mp2t': ['ts'],
  'video/mp4': ['m4v', 'mp4'],
  'video/mpeg': ['mpeg', 'mpg'],
  'video/ogg': ['ogv'],
  'video/quicktime': ['mov'],
  'video/webm': ['webm'],
}

/** What a stranger's extension gets: browsers save it instead of guessing (RFC 9110 §8.3). */
const binary = 'application/octet-stream'

const byExtension: ReadonlyMap<string, string> = new Map(
  Object.entries(types).flatMap(([type, extensions]) =>
    extensions.map((extension): [string, string] => [
      extension,
      type.startsWith('text/') ? `${type}; charset=utf-8` : type,
    ]),
  ),
)

/**
 * The media type of a file by its name or key: that of the last extension, in any case; text says `charset=utf-8`. A
 * name without a known extension is `application/octet-stream`.
 */
export function mediaTypeOf(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot <= name.lastIndexOf('/')
    ? binary
    : (byExtension.get(name.slice(dot + 1).toLowerCase()) ?? binary)
}

/** Does content of this media type grow smaller when it is compressed? */
export function isCompressible(mediaType: string): boolean {
  const end = mediaType.indexOf(';')
  const type = (end === -1 ? mediaType : mediaType.slice(0, end)).trim().toLowerCase()
  return (
    type.startsWith('text/') ||
    /[/+](?:json|xml|yaml|wasm|javascript)$/.test(type) ||
    compressibleOthers.has(type)
  )
}

const compressibleOthers: ReadonlySet<string> = new Set([
  'application/rtf',
  'application/sql',
  'application/toml',
  'application/vnd.apple.mpegurl',
  'application/vnd.ms-fontobject',
  'font/otf',
  'font/ttf',
  'image/bmp',
  'image/vnd.microsoft.icon',
  'model/gltf-binary',
])
