import { describe, expect, test } from 'vitest'
import type { MultipartLimits, Part } from '../../src/http/multipart.ts'
import { readMultipart } from '../../src/http/multipart.ts'

const utf8 = new TextEncoder()
const binary = Uint8Array.from({ length: 512 }, (_, index) => index & 255)

/** What a part came to. */
interface Seen {
  readonly name: string
  readonly fileName: string | undefined
  readonly text: string
}

/** A source that tells how it is used. */
interface Source {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
  readonly given: () => number
  readonly isCancelled: () => boolean
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return utf8.encode(text)
}

function concat(...parts: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const all = parts.map((part) => (typeof part === 'string' ? bytesOf(part) : part))
  const joined = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of all) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

function sourceOf(chunks: Iterable<Uint8Array<ArrayBuffer>>): Source {
  const iterator = chunks[Symbol.iterator]()
  let given = 0
  let cancelled = false
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller): void {
        const { done, value } = iterator.next()
        if (done === true) return controller.close()
        given += value.byteLength
        controller.enqueue(value)
      },
      cancel(): void {
        cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, given: () => given, isCancelled: () => cancelled }
}

function open(
  body: Iterable<Uint8Array<ArrayBuffer>> | Source | null,
  contentType = 'multipart/form-data; boundary=abc',
  limits: Partial<MultipartLimits> = {},
  headers: Readonly<Record<string, string>> = {},
): AsyncGenerator<Part, void, undefined> {
  const source = body === null || 'stream' in body ? body : sourceOf(body)
  const request = {
    headers: new Headers({ 'content-type': contentType, ...headers }),
    body: source?.stream ?? null,
    bodyUsed: false,
  }
  return readMultipart(request, limits)
}

async function readAll(parts: AsyncIterable<Part>): Promise<Seen[]> {
  const seen: Seen[] = []
  for await (const part of parts) {
    const bytes = await part.bytes(10_000_000)
    seen.push({
      name: part.name,
      fileName: part.fileName,
      text: new TextDecoder('latin1').decode(bytes),
    })
  }
  return seen
}

/** A part whose disposition has these parameters. */
function partOf(parameters: string, content = 'x'): string {
  return `--abc\r\nContent-Disposition: form-data; ${parameters}\r\n\r\n${content}\r\n`
}

function readText(text: string, limits?: Partial<MultipartLimits>): Promise<Seen[]> {
  return readAll(open([bytesOf(text)], 'multipart/form-data; boundary=abc', limits))
}

// Preamble, padding, contents that look like boundaries, binary content, an empty part, and an epilogue.
const sample = concat(
  'preamble\r\n--ab\r\n--abc \t\r\nContent-Disposition: form-data; name="a"\r\n\r\nline\r\n--ab\r\n-abc\r\r\n--abc\r\n',
  'content-disposition:form-data; name="file"; filename="C:\\fakepath\\naïve.bin"\r\nContent-Type: application/x-test\r\n\r\n',
  binary,
  '\r\n--abc\r\nContent-Disposition: form-data; name=""\r\n\r\n\r\n--abc--\r\n\r\n--abc\r\nepilogue',
)
const expected = [
  { name: 'a', fileName: undefined, text: 'line\r\n--ab\r\n-abc\r' },
  { name: 'file', fileName: 'naïve.bin', text: new TextDecoder('latin1').decode(binary) },
  { name: '', fileName: undefined, text: '' },
]

describe('readMultipart()', () => {
  test('reads the parts of a body in one chunk', async () => {
    expect(await readAll(open([sample]))).toEqual(expected)
  })

  test('reads the same wherever the body is split in two', async () => {
    for (let at = 0; at <= sample.length; at++) {
      expect(await readAll(open([sample.slice(0, at), sample.slice(at)]))).toEqual(expected)
    }
  })

  test.each([1, 2, 3, 5, 7, 64])('reads the same in chunks of %d', async (size) => {
    const chunks: Uint8Array<ArrayBuffer>[] = []
    for (let at = 0; at < sample.length; at += size) chunks.push(sample.slice(at, at + size), new Uint8Array())
    expect(await readAll(open(chunks))).toEqual(expected)
  })

  test('reads what the platform itself writes', async () => {
    const form = new FormData()
    form.append('text', 'naïve\r\n€')
    form.append('quo"te\r\n', 'x')
    form.append('file', new Blob(['content'], { type: 'text/csv' }), 'a"b.csv')
    const request = new Request('http://localhost/', { method: 'POST', body: form })
    const seen: string[] = []
    for await (const part of readMultipart(request)) {
      seen.push([part.name, part.fileName, part.mediaType, await part.text()].join('|'))
    }
    expect(seen).toEqual([
      'text||text/plain|naïve\r\n€',
      'quo"te\r\n||text/plain|x',
      'file|a"b.csv|text/csv|content',
    ])
  })

  test('reads a form without parts', async () => {
    expect(await readText('--abc--')).toEqual([])
    expect(await readText('--abc--\r\n')).toEqual([])
  })

  test('gives the fields of a part by lower-case name', async () => {
    const body = '--abc\r\nX-One:  1 \r\nContent-Disposition: FORM-DATA; NAME="a"\r\n\r\n\r\n--abc--'
    for await (const part of open([bytesOf(body)])) {
      expect(Object.fromEntries(part.headers)).toEqual({
        'x-one': '1',
        'content-disposition': 'FORM-DATA; NAME="a"',
      })
    }
  })

  test('skips what nobody reads', async () => {
    const names: string[] = []
    for await (const part of open([sample])) names.push(part.name)
    expect(names).toEqual(['a', 'file', ''])
  })

  test('skips the rest of what was read in part', async () => {
    const body = concat(partOf('name="a"', 'x'.repeat(1000)), partOf('name="b"', 'y'), '--abc--')
    const chunks = Array.from({ length: body.length }, (_, index) => body.slice(index, index + 1))
    const names: string[] = []
    for await (const part of open(chunks)) {
      const reader = part.stream().getReader()
      names.push(`${part.name}${new TextDecoder().decode((await reader.read()).value)}`)
      await reader.cancel()
    }
    expect(names).toEqual(['ax', 'by'])
  })

  test('cancels the source when the loop is left', async () => {
    const source = sourceOf([bytesOf(partOf('name="a"')), bytesOf(partOf('name="b"')), bytesOf('--abc--')])
    for await (const part of open(source)) {
      expect(part.name).toBe('a')
      break
    }
    expect(source.isCancelled()).toBe(true)
  })

  test('cancels the source when a limit is passed', async () => {
    const source = sourceOf([bytesOf(partOf('name="a"', 'x'.repeat(100))), bytesOf('--abc--')])
    await expect(readAll(open(source, undefined, { partBytes: 10 }))).rejects.toMatchObject({ status: 413 })
    expect(source.isCancelled()).toBe(true)
  })

  test('takes nothing from the source before it is asked', () => {
    const source = sourceOf([sample])
    open(source)
    expect(source.given()).toBe(0)
  })

  test('has the text of a part in UTF-8 only', async () => {
    const body = concat('--abc\r\nContent-Disposition: form-data; name="a"\r\n\r\n', new Uint8Array([255]), '\r\n--abc--')
    const parts = open([body])
    const { value } = await parts.next()
    await expect(value?.text()).rejects.toMatchObject({ status: 400, code: 'BODY_MALFORMED' })
  })
})

describe('readMultipart(), boundary', () => {
  const characters = "0123456789AZaz'()+_,-./:=?"

  test.each([
    ['in quotes', `"${characters}"`, characters],
    ['with a space inside', '"a b"', 'a b'],
    ['of 70 characters', 'x'.repeat(70), 'x'.repeat(70)],
    ['of hyphens', '----------', '----------'],
    ['as Java writes it', '----=_Part_1', '----=_Part_1'],
  ])('takes one %s', async (_, written, boundary) => {
    const body = `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--${boundary}--`
    expect(await readAll(open([bytesOf(body)], `Multipart/Form-Data; charset=utf-8; BOUNDARY=${written}`))).toHaveLength(1)
  })

  test.each([
    ['no boundary', 'multipart/form-data'],
    ['an empty boundary', 'multipart/form-data; boundary='],
    ['an empty boundary in quotes', 'multipart/form-data; boundary=""'],
    ['71 characters', `multipart/form-data; boundary=${'x'.repeat(71)}`],
    ['a space at the end', 'multipart/form-data; boundary="x "'],
    ['a character that is not allowed', 'multipart/form-data; boundary="a*b"'],
    ['a letter beyond ASCII', 'multipart/form-data; boundary="é"'],
    ['a boundary inside of another parameter', 'multipart/form-data; x="; boundary=abc"'],
  ])('refuses %s', async (_, contentType) => {
    await expect(readAll(open([sample], contentType))).rejects.toMatchObject({
      status: 400,
      code: 'BODY_MALFORMED',
    })
  })

  test.each(['', 'text/plain', 'multipart/mixed; boundary=abc', 'multipart/form-datax; boundary=abc', 'application/json'])(
    'refuses the media type %j',
    async (contentType) => {
      await expect(readAll(open([sample], contentType))).rejects.toMatchObject({
        status: 415,
        headers: { accept: 'multipart/form-data' },
      })
    },
  )

  // Two readers that take different ones of two boundaries see different forms.
  test('does not choose between two boundaries', async () => {
    await expect(
      readAll(open([sample], 'multipart/form-data; boundary=abc; boundary=x')),
    ).rejects.toHaveProperty('status', 415)
  })

  test('refuses a content coding', async () => {
    await expect(
      readAll(open([sample], undefined, {}, { 'content-encoding': 'gzip' })),
    ).rejects.toMatchObject({ status: 415, headers: { 'accept-encoding': 'identity' } })
  })
})

describe('readMultipart(), malformed bodies', () => {
  test('is BODY_ABORTED wherever the body ends before its last boundary', async () => {
    const end = sample.length - '\r\n\r\n--abc\r\nepilogue'.length
    for (let length = 0; length < end; length++) {
      await expect(readAll(open([sample.slice(0, length)]))).rejects.toMatchObject({
        status: 400,
        code: 'BODY_ABORTED',
      })
    }
  })

  test('is BODY_ABORTED when the source breaks', async () => {
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller): void {
        controller.enqueue(bytesOf(partOf('name="a"')))
      },
      pull(controller): void {
        controller.error(new Error('ECONNRESET'))
      },
    })
    const source = { stream, given: () => 0, isCancelled: () => false }
    await expect(readAll(open(source))).rejects.toMatchObject({ status: 400, code: 'BODY_ABORTED' })
  })

  test('is BODY_MALFORMED without a body', async () => {
    await expect(readAll(open(null))).rejects.toMatchObject({ status: 400, code: 'BODY_MALFORMED' })
  })

  test.each([
    ['text behind a boundary', '--abcdef\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--abc--'],
    ['a line feed alone behind a boundary', '--abc\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--abc--'],
    ['endless padding', `--abc${' '.repeat(300)}\r\n\r\n\r\n--abc--`],
    ['a part without header', '--abc\r\n\r\nx\r\n--abc--'],
    ['a part without disposition', '--abc\r\nX-A: b\r\n\r\nx\r\n--abc--'],
    ['another disposition', '--abc\r\nContent-Disposition: attachment; name="a"\r\n\r\nx\r\n--abc--'],
    ['a disposition that only begins well', '--abc\r\nContent-Disposition: form-datax; name="a"\r\n\r\nx\r\n--abc--'],
    ['no name', '--abc\r\nContent-Disposition: form-data; filename="a"\r\n\r\nx\r\n--abc--'],
    ['a name within another value', '--abc\r\nContent-Disposition: form-data; filename="; name=a"\r\n\r\nx\r\n--abc--'],
    ['two names', '--abc\r\nContent-Disposition: form-data; name="a"; name="b"\r\n\r\nx\r\n--abc--'],
    ['an open quote', '--abc\r\nContent-Disposition: form-data; name="a\r\n\r\nx\r\n--abc--'],
    ['two dispositions', '--abc\r\nContent-Disposition: form-data; name="a"\r\ncontent-disposition: form-data; name="b"\r\n\r\n\r\n--abc--'],
    ['a header line without colon', '--abc\r\nContent-Disposition\r\n\r\nx\r\n--abc--'],
    ['a space before the colon', '--abc\r\nContent-Disposition : form-data; name="a"\r\n\r\nx\r\n--abc--'],
    ['a folded line', '--abc\r\nContent-Disposition: form-data;\r\n name="a"\r\n\r\nx\r\n--abc--'],
    ['a line feed in a value', '--abc\r\nContent-Disposition: form-data; name="a"\nX-A: b\r\n\r\nx\r\n--abc--'],
    ['NUL in a name', '--abc\r\nContent-Disposition: form-data; name="a\0b"\r\n\r\nx\r\n--abc--'],
  ])('is BODY_MALFORMED for %s', async (_, body) => {
    await expect(readText(body)).rejects.toMatchObject({ status: 400, code: 'BODY_MALFORMED' })
  })

  test('is BODY_MALFORMED for a header that is no UTF-8', async () => {
    const body = concat('--abc\r\nContent-Disposition: form-data; name="', new Uint8Array([0xff]), '"\r\n\r\nx\r\n--abc--')
    await expect(readAll(open([body]))).rejects.toMatchObject({ code: 'BODY_MALFORMED' })
  })

  test.each(['base64', 'quoted-printable', 'x'])('refuses the transfer encoding %s', async (coding) => {
    const body = `--abc\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: ${coding}\r\n\r\nx\r\n--abc--`
    await expect(readText(body)).rejects.toMatchObject({ status: 415 })
  })
})

describe('readMultipart(), file names', () => {
  test.each([
    ['plain.txt', 'plain.txt'],
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\boot.ini', 'boot.ini'],
    ['C:\\Users\\x\\a.txt', 'a.txt'],
    ['/etc/passwd', 'passwd'],
    ['a/', ''],
    ['..', ''],
    ['.', ''],
    ['a/..', ''],
    ['a\\..', ''],
    ['', ''],
    ['...', '...'],
    ['.htaccess', '.htaccess'],
    ['a; filename=b', 'a; filename=b'],
    ['a%22b%0D%0Ac', 'a"b\r\nc'],
    ['%2e%2e%2fa', '%2e%2e%2fa'],
    ['a%00.txt', 'a%00.txt'],
    ['a\\"b', 'a"b'],
    ['naïve €.txt', 'naïve €.txt'],
    ['ends with \\', ''],
  ])('of %j is %j', async (written, fileName) => {
    expect(await readText(`${partOf(`name="a"; filename="${written}"`)}--abc--`)).toEqual([
      { name: 'a', fileName, text: 'x' },
    ])
  })

  test('may stand before the name', async () => {
    expect(await readText(`${partOf('filename="; name=evil"; name="a"')}--abc--`)).toEqual([
      { name: 'a', fileName: '; name=evil', text: 'x' },
    ])
  })

  test('may stand without quotes', async () => {
    expect(await readText(`${partOf('name=a; filename=b.txt')}--abc--`)).toMatchObject([{ fileName: 'b.txt' }])
  })

  test('does not come from filename*', async () => {
    expect(await readText(`${partOf("name=a; filename=b.txt; filename*=UTF-8''..%2Fevil")}--abc--`)).toMatchObject([
      { fileName: 'b.txt' },
    ])
  })

  test('keeps names of the prototype as names', async () => {
    expect(await readText(`${partOf('name="__proto__"')}--abc--`)).toMatchObject([{ name: '__proto__' }])
  })
})

describe('readMultipart(), limits', () => {
  test('reads 10,000 parts when it may', async () => {
    const body = bytesOf(`${partOf('name="a"').repeat(10_000)}--abc--`)
    expect(await readAll(open([body], undefined, { parts: 10_000 }))).toHaveLength(10_000)
  })

  test('refuses the 1,001st part by default', async () => {
    let count = 0
    const parts = open([bytesOf(`${partOf('name="a"').repeat(10_000)}--abc--`)])
    await expect(
      (async () => {
        for await (const part of parts) count += part.name.length
      })(),
    ).rejects.toMatchObject({ status: 413, code: 'LIMIT_EXCEEDED' })
    expect(count).toBe(1000)
  })

  test('allows a header of exactly its bound and refuses one byte more', async () => {
    const header = 'Content-Disposition: form-data; name="a"\r\nX: '
    const body = (length: number): string => `--abc\r\n${header}${'y'.repeat(length - header.length)}\r\n\r\nx\r\n--abc--`
    for (const size of [1, 7, 10_000]) {
      const open200 = (text: string): Promise<Seen[]> => {
        const bytes = bytesOf(text)
        const chunks: Uint8Array<ArrayBuffer>[] = []
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size))
        return readAll(open(chunks, undefined, { headerBytes: 200 }))
      }
      expect(await open200(body(200))).toHaveLength(1)
      await expect(open200(body(201))).rejects.toMatchObject({ status: 413, code: 'LIMIT_EXCEEDED' })
    }
  })

  test('refuses a header without end before it is in memory', async () => {
    function* endless(): Generator<Uint8Array<ArrayBuffer>> {
      yield bytesOf('--abc\r\n')
      for (;;) yield bytesOf('X-A: b\r\n'.repeat(100))
    }
    const source = sourceOf(endless())
    await expect(readAll(open(source))).rejects.toMatchObject({ status: 413, code: 'LIMIT_EXCEEDED' })
    expect(source.given()).toBeLessThan(10_000)
  })

  test('refuses a preamble without end', async () => {
    function* endless(): Generator<Uint8Array<ArrayBuffer>> {
      for (;;) yield bytesOf('\r\n--ab'.repeat(10_000))
    }
    const source = sourceOf(endless())
    await expect(readAll(open(source, undefined, { totalBytes: 1_000_000 }))).rejects.toMatchObject({
      status: 413,
      code: 'BODY_TOO_LARGE',
    })
    expect(source.given()).toBeLessThan(1_100_000)
  })

  test('reads a part of exactly its bound and refuses one byte more', async () => {
    const limits = { partBytes: 100 }
    expect(await readText(`${partOf('name="a"', 'x'.repeat(100))}--abc--`, limits)).toHaveLength(1)
    await expect(readText(`${partOf('name="a"', 'x'.repeat(101))}--abc--`, limits)).rejects.toMatchObject({
      status: 413,
      code: 'BODY_TOO_LARGE',
    })
  })

  test('reads a body of exactly its bound and refuses one byte more', async () => {
    const body = `${partOf('name="a"')}--abc--`
    expect(await readText(body, { totalBytes: body.length })).toHaveLength(1)
    await expect(readText(body, { totalBytes: body.length - 1 })).rejects.toMatchObject({ status: 413 })
  })

  test('refuses an announced length before anything is read', async () => {
    const source = sourceOf([sample])
    await expect(
      readAll(open(source, undefined, { totalBytes: 100 }, { 'content-length': '101' })),
    ).rejects.toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' })
    expect(source.given()).toBe(0)
  })

  test('bounds bytes() and text() by what the caller says, 1 MiB by default', async () => {
    const body = `${partOf('name="a"', 'x'.repeat(1_048_577))}--abc--`
    const first = (await open([bytesOf(body)]).next()).value
    await expect(first?.bytes()).rejects.toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' })
    const second = (await open([bytesOf(body)]).next()).value
    await expect(second?.text(10)).rejects.toMatchObject({ status: 413 })
    const third = (await open([bytesOf(body)]).next()).value
    expect(await third?.bytes(1_048_577)).toHaveLength(1_048_577)
  })

  test('goes on to the next part after bytes() was refused', async () => {
    const names: string[] = []
    for await (const part of open([bytesOf(`${partOf('name="a"', 'xxx')}${partOf('name="b"')}--abc--`)])) {
      names.push(await part.text(1).catch(() => `${part.name} refused`))
    }
    expect(names).toEqual(['a refused', 'x'])
  })

  test.each([{ parts: 0 }, { parts: Number.NaN }, { partBytes: -1 }, { headerBytes: 1 }, { totalBytes: 1.5 }])(
    'refuses the limits %j',
    async (limits) => {
      await expect(readAll(open([sample], undefined, limits))).rejects.toThrow(RangeError)
    },
  )
})

describe('readMultipart(), order', () => {
  test('refuses to read a part twice', async () => {
    const { value } = await open([sample]).next()
    await value?.bytes()
    await expect(value?.bytes()).rejects.toMatchObject({ code: 'BODY_USED' })
    expect(() => value?.stream()).toThrow(expect.objectContaining({ code: 'BODY_USED' }))
  })

  test('does not give the content of a later part to whoever kept an earlier one', async () => {
    const parts = open([bytesOf(`${partOf('name="a"', 'public')}${partOf('name="b"', 'secret')}--abc--`)])
    const first = (await parts.next()).value
    const second = (await parts.next()).value
    await expect(first?.text()).rejects.toMatchObject({ code: 'BODY_USED' })
    expect(await second?.text()).toBe('secret')
  })

  test('does not end a part early when the next one is asked for meanwhile', async () => {
    const content = 'x'.repeat(1000)
    const body = bytesOf(`${partOf('name="a"', content)}${partOf('name="b"', 'y')}--abc--`)
    const chunks = Array.from({ length: body.length }, (_, index) => body.slice(index, index + 1))
    const parts = open(chunks)
    const first = (await parts.next()).value
    const reading = first?.text().then(
      (text) => text === content,
      (error: unknown) => Object(error).code === 'BODY_USED',
    )
    const second = (await parts.next()).value
    expect(await reading).toBe(true)
    expect(second?.name).toBe('b')
    expect(await second?.text()).toBe('y')
  })

  test('does not read a part after the loop was left', async () => {
    const parts = open([sample])
    const { value } = await parts.next()
    await parts.return()
    await expect(value?.bytes()).rejects.toMatchObject({ code: 'BODY_USED' })
  })

  test('is BODY_USED for a request that was read', async () => {
    const init = { method: 'POST', body: sample, headers: { 'content-type': 'multipart/form-data; boundary=abc' } }
    const request = new Request('http://localhost/', init)
    await request.arrayBuffer()
    await expect(readAll(readMultipart(request))).rejects.toMatchObject({ code: 'BODY_USED' })
  })

  test('is BODY_USED for a request that is being read', async () => {
    const init = { method: 'POST', body: sample, headers: { 'content-type': 'multipart/form-data; boundary=abc' } }
    const request = new Request('http://localhost/', init)
    const parts = readMultipart(request)
    await parts.next()
    await expect(readAll(readMultipart(request))).rejects.toMatchObject({ code: 'BODY_USED' })
    await parts.return()
  })
})

describe('readMultipart(), cost', () => {
  test('reads a part of 200 MB in flat memory, no faster than it is taken', async () => {
    const chunk = new Uint8Array(65_536).fill(120)
    const chunks = 3200
    function* large(): Generator<Uint8Array<ArrayBuffer>> {
      yield bytesOf('--abc\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n')
      for (let count = 0; count < chunks; count++) yield chunk
      yield bytesOf('\r\n--abc--')
    }
    const source = sourceOf(large())
    const limits = { totalBytes: 1_000_000_000, partBytes: 1_000_000_000 }
    const before = process.memoryUsage()
    let peak = 0
    let size = 0
    let ahead = 0
    for await (const part of open(source, undefined, limits)) {
      for await (const piece of part.stream()) {
        size += piece.byteLength
        ahead = Math.max(ahead, source.given() - size)
        const { heapUsed, external } = process.memoryUsage()
        peak = Math.max(peak, heapUsed + external - before.heapUsed - before.external)
      }
    }
    expect(size).toBe(chunks * chunk.length)
    expect(ahead).toBeLessThan(4 * chunk.length)
    expect(peak).toBeLessThan(100_000_000)
  })

  test.each([
    ['beginnings of a boundary', '\r\n--'],
    ['boundaries that lack their end', '\r\n--ab'],
    ['carriage returns', '\r'],
    ['hyphens', '-'],
    ['line breaks', '\r\n'],
  ])('reads 8 MB of %s in linear time', async (_, piece) => {
    const content = piece.repeat(8_000_000 / piece.length)
    const body = bytesOf(`${partOf('name="a"', content)}--abc--`)
    const chunks: Uint8Array<ArrayBuffer>[] = []
    for (let at = 0; at < body.length; at += 65_536) chunks.push(body.slice(at, at + 65_536))
    const started = performance.now()
    const [seen] = await readAll(open(chunks))
    expect(seen?.text.length).toBe(content.length)
    expect(performance.now() - started).toBeLessThan(3000)
  })

  test('reads a long boundary of one character against content that repeats it in linear time', async () => {
    const boundary = '-'.repeat(70)
    const body = concat(
      `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n`,
      `\r\n${'-'.repeat(71)}`.repeat(50_000),
      `\r\n--${boundary}--`,
    )
    const started = performance.now()
    const [seen] = await readAll(open([body], `multipart/form-data; boundary=${boundary}`))
    expect(seen?.text.length).toBe(73 * 50_000)
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('reads 500 kB in single bytes in linear time', async () => {
    const body = bytesOf(`${partOf('name="a"', '\r\n--ab'.repeat(80_000))}--abc--`)
    function* single(): Generator<Uint8Array<ArrayBuffer>> {
      for (let at = 0; at < body.length; at++) yield body.subarray(at, at + 1)
    }
    const started = performance.now()
    expect(await readAll(open(single()))).toHaveLength(1)
    expect(performance.now() - started).toBeLessThan(6000)
  })
})
