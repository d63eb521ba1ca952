import { ByteWriter } from '../src/server/http3/byte-writer.ts'
import { decodeFieldSection } from '../src/server/http3/qpack-decoder.ts'
import { writeField, writeSectionPrefix } from '../src/server/http3/qpack-encoder.ts'
import { RequestHead } from '../src/server/http3/request-head.ts'
import { writeResponseHead } from '../src/server/http3/response-head.ts'
import { median } from './numbers.ts'

const api = fieldsOf(`
:method: GET
:scheme: https
:authority: api.example.com
:path: /v1/users/42?fields=name
user-agent: client/1.4.2
accept: application/json
accept-encoding: gzip, deflate, br
authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl`)

const browser = fieldsOf(`
:method: GET
:scheme: https
:authority: www.example.com
:path: /a/page?x=1&y=2
user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36
accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8
accept-encoding: gzip, deflate, br, zstd
accept-language: en-US,en;q=0.9,de;q=0.8
sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24"
sec-ch-ua-mobile: ?0
sec-ch-ua-platform: "Linux"
sec-fetch-dest: document
sec-fetch-mode: navigate
sec-fetch-site: none
sec-fetch-user: ?1
upgrade-insecure-requests: 1
cookie: session=abcdef0123456789abcdef0123456789; theme=dark
priority: u=0, i`)

const answer = fieldsOf(`
content-type: application/json; charset=utf-8
etag: "33a64df551425fcc55e4d42a148795d9"
cache-control: private, max-age=60
vary: accept-encoding
x-content-type-options: nosniff
date: Tue, 15 Nov 2025 08:12:31 GMT
strict-transport-security: max-age=31536000`)

const rounds = 20_000
const samples = 25
const writer = new ByteWriter()

/** Microseconds a call, the middle of several samples after a warm-up. */
function time(run: () => void): number {
  const values: number[] = []
  for (let sample = 0; sample < samples; sample++) {
    const began = performance.now()
    for (let round = 0; round < rounds; round++) run()
    values.push(((performance.now() - began) * 1_000) / rounds)
  }
  return median(values.slice(5))
}

/** Name, value, name, value of lines. */
function fieldsOf(lines: string): string[] {
  return lines
    .trim()
    .split('\n')
    .flatMap((line) => {
      const colon = line.indexOf(': ', 1)
      return [line.slice(0, colon), line.slice(colon + 2)]
    })
}

function encode(fields: readonly string[]): Uint8Array {
  writer.reset()
  writeSectionPrefix(writer)
  for (let index = 1; index < fields.length; index += 2) {
    writeField(writer, fields[index - 1] ?? '', fields[index] ?? '')
  }
  return writer.written.slice()
}

/** What a server does with the header section of a request. */
function read(bytes: Uint8Array): number {
  const head = new RequestHead()
  decodeFieldSection(bytes, 32_768, head)
  head.complete(false)
  return head.fields.length
}

function print(what: string, fields: readonly string[], bytes: number, microseconds: number): void {
  const count = `${fields.length / 2} fields, ${bytes} bytes`
  console.log(`${what.padEnd(36)}${count.padEnd(24)}${microseconds.toFixed(2)} µs`)
}

for (const [what, fields] of [
  ['request of an API, decoded', api],
  ['request of a browser, decoded', browser],
] as const) {
  const bytes = encode(fields)
  print(
    what,
    fields,
    bytes.length,
    time(() => void read(bytes)),
  )
}
const options = { contentLength: 512, maxBytes: Infinity }
const written = (): void => writeResponseHead(writer, 200, answer, options)
const microseconds = time(written)
print('answer, encoded', answer, writer.length, microseconds)
