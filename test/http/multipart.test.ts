import { describe, expect, test } from 'vitest'
import { isHttpError } from '../../src/errors/index.ts'
import type { MultipartLimits, Part } from '../../src/http/multipart.ts'
import { readMultipart } from '../../src/http/multipart.ts'
import type { WirePart } from './multipart-body.ts'
import { concat, encodeForm, formRequest, streamOf } from './multipart-body.ts'
import { createRandom } from './random.ts'

type FormRequest = ReturnType<typeof formRequest>

const encoder = new TextEncoder()

function field(name: string, content: string | Uint8Array): WirePart {
  return { header: [`Content-Disposition: form-data; name="${name}"`], content }
}

function disposition(value: string): WirePart {
  return { header: [`Content-Disposition: ${value}`], content: '' }
}

/** Every part's name and content. */
async function readAll(request: FormRequest, limits?: Partial<MultipartLimits>): Promise<[string, string][]> {
  const read: [string, string][] = []
  for await (const part of readMultipart(request, limits)) read.push([part.name, await part.text()])
  return read
}

async function firstPart(...parts: readonly WirePart[]): Promise<Part> {
  const { value } = await readMultipart(formRequest(encodeForm('b', parts))).next()
  if (value === undefined) throw new Error('Expected a part')
  return value
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('readMultipart()', () => {
  test('gives the parts in order with all that their headers say', async () => {
    const body = encodeForm('b', [
      field('title', 'Grüße'),
      {
        header: [
          'content-disposition: form-data; name="file"; filename="a.png"',
          'Content-Type: image/png',
          'X-Note: some  text ',
        ],
        content: new Uint8Array([0, 13, 10, 45, 45, 255]),
      },
    ])
    const read: unknown[] = []
    for await (const part of readMultipart(formRequest(body))) {
      const { name, fileName, mediaType, headers } = part
      read.push([name, fileName, mediaType, headers.get('x-note'), [...(await part.bytes())]])
    }
    expect(read).toEqual([
      ['title', undefined, 'text/plain', undefined, [...encoder.encode('Grüße')]],
      ['file', 'a.png', 'image/png', 'some  text', [0, 13, 10, 45, 45, 255]],
    ])
  })

  test('reads what a FormData of this runtime writes', async () => {
    const form = new FormData()
    form.append('a"b\r\nc', 'x\ny')
    form.append('file', new File([new Uint8Array([1, 2])], 'ü "1".bin', { type: 'application/x-test' }))
    const read: unknown[] = []
    for await (const part of readMultipart(
      new Request('http://localhost/', { method: 'POST', body: form }),
    )) {
      read.push([part.name, part.fileName, part.mediaType, [...(await part.bytes())]])
    }
    expect(read).toEqual([
      ['a"b\r\nc', undefined, 'text/plain', [...encoder.encode('x\r\ny')]],
      ['file', 'ü "1".bin', 'application/x-test', [1, 2]],
    ])
  })

  // The example of RFC 2046 §5.1.1, made a form.
  test('passes over a preamble, an epilogue and white space behind a boundary', async () => {
    const text = [
      'This is the preamble.  It is to be ignored.',
      '--simple boundary \t',
      'Content-Disposition: form-data; name="1"',
      '',
      'This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.',
      '--simple boundary',
      'Content-Disposition: form-data; name="2"',
      '',
      'It DOES end with a linebreak.\r\n',
      '--simple boundary--',
      '',
      'This is the epilogue.  It is also to be ignored.',
    ].join('\r\n')
    const request = formRequest(encoder.encode(text), 'multipart/form-data; boundary="simple boundary"')
    expect(await readAll(request)).toEqual([
      ['1', 'This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.'],
      ['2', 'It DOES end with a linebreak.\r\n'],
    ])
  })

  test('reads an empty form', async () => {
    expect(await readAll(formRequest(encoder.encode('--b--\r\n')))).toEqual([])
  })

  test('reads a form whose last line has no end', async () => {
    const body = encodeForm('b', [field('a', '1')])
    expect(await readAll(formRequest(body.subarray(0, -2)))).toEqual([['a', '1']])
  })

  test.each([
    ['empty', ''],
    ['a line break', '\r\n'],
    ['line breaks', '\r\n\r\n\r\n'],
    ['hyphens', '--'],
    ['all but the last of a boundary', '\r\n--boundar'],
    ['a boundary without its line break', '--boundary'],
    ['a boundary behind a line feed', '\n--boundary--'],
    ['the beginning of a boundary, twice', '\r\n--\r\n--bound'],
    ['a carriage return', '\r'],
    ['NUL', '\0\0'],
  ])('keeps content that is %s', async (_, content) => {
    const body = encodeForm('boundary', [field('a', content), field('b', content)])
    expect(await readAll(formRequest(body, 'multipart/form-data; boundary=boundary'))).toEqual([
      ['a', content],
      ['b', content],
    ])
  })

  const awkward = encodeForm('bound', [
    field('a', '\r\n--boun\r\r\n--'),
    field('b', ''),
    { header: ['Content-Disposition: form-data; name="c"; filename="ü"'], content: 'é\r\n\r\n' },
  ])
  const awkwardParts = [
    ['a', '\r\n--boun\r\r\n--'],
    ['b', ''],
    ['c', 'é\r\n\r\n'],
  ]
  const boundType = 'multipart/form-data; boundary=bound'

  test('reads the same wherever the body is cut in two', async () => {
    for (let cut = 0; cut <= awkward.length; cut++) {
      const parts = await readAll(formRequest(streamOf(awkward, [cut]), boundType))
      expect(parts, `cut at ${cut}`).toEqual(awkwardParts)
    }
  })

  test('reads the same byte by byte', async () => {
    const cuts = Array.from(awkward, (_, index) => index)
    expect(await readAll(formRequest(streamOf(awkward, cuts), boundType))).toEqual(awkwardParts)
  })

  test('reads 300 random forms in random chunks', async () => {
    const random = createRandom(7)
    const pieces = ['\r', '\n', '\r\n', '-', '--', 'b', 'bo', '\r\n--b', 'x'.repeat(90)]
    for (let round = 0; round < 300; round++) {
      const parts = Array.from({ length: random(4) }, (_, index): [string, string] => [
        `${index}`,
        Array.from({ length: random(12) }, () => pieces[random(pieces.length)]).join(''),
      ])
      const body = encodeForm(
        'bob',
        parts.map(([name, content]) => field(name, content)),
      )
      // Content that has the boundary in it is another form.
      if (parts.some(([, content]) => `\r\n${content}`.includes('\r\n--bob'))) continue
      const cuts = Array.from({ length: random(20) }, () => random(body.length)).sort((a, b) => a - b)
      const request = formRequest(streamOf(body, cuts), 'multipart/form-data; boundary=bob')
      expect(await readAll(request), JSON.stringify([parts, cuts])).toEqual(parts)
    }
  })

  test('skips a part that nobody reads, and what is left of one', async () => {
    const body = encodeForm('b', [
      field('a', 'x'.repeat(5000)),
      field('b', 'y'.repeat(5000)),
      field('c', 'z'),
    ])
    const read: unknown[] = []
    for await (const part of readMultipart(formRequest(streamOf(body, [1000, 2000, 7000])))) {
      if (part.name === 'b') await part.stream().getReader().read()
      if (part.name === 'c') read.push(await part.text())
    }
    expect(read).toEqual(['z'])
  })

  test('does not take more from the body than is read', async () => {
    let pulls = 0
    const head = encoder.encode('--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n')
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull(controller) {
          controller.enqueue(pulls++ === 0 ? new Uint8Array(head) : new Uint8Array(1000))
        },
      },
      { highWaterMark: 0 },
    )
    const { value } = await readMultipart(formRequest(body)).next()
    const reader = value?.stream().getReader()
    const before = pulls
    await reader?.read()
    await reader?.read()
    expect([before, pulls]).toEqual([1, 3])
  })

  test('cancels the body when its reader leaves the loop', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const bytes = encodeForm('b', [field('a', '1'), field('b', '2')])
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.enqueue(bytes),
      cancel: () => resolve(),
    })
    for await (const part of readMultipart(formRequest(body))) {
      expect(part.name).toBe('a')
      break
    }
    await promise
    expect(body.locked).toBe(false)
  })

  test('cancels the body when a part is malformed', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.enqueue(encodeForm('b', [disposition('attachment')])),
      cancel: () => resolve(),
    })
    expect(await failureOf(readAll(formRequest(body)))).toMatchObject({ code: 'BODY_MALFORMED' })
    await promise
  })

  test('reads the body to its end, so that the connection is free', async () => {
    let ended = false
    const pieces = [encodeForm('b', [field('a', '1')]), encoder.encode('epilogue')]
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull(controller) {
          const piece = pieces.shift()
          if (piece !== undefined) return controller.enqueue(new Uint8Array(piece))
          ended = true
          controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    expect(await readAll(formRequest(body))).toEqual([['a', '1']])
    expect(ended).toBe(true)
  })

  test('cancels an epilogue without end', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.enqueue(encodeForm('b', [field('a', '1')])),
      pull: (controller) => controller.enqueue(new Uint8Array(10_000)),
      cancel: () => resolve(),
    })
    expect(await readAll(formRequest(body))).toEqual([['a', '1']])
    await promise
  })
})

describe('readMultipart() takes a boundary', () => {
  // RFC 2046 §5.1.1: all characters that may stand in one.
  const characters = "0Aa'()+_,-./:=?"

  test.each([
    ['of all characters in quotes', `"${characters}"`, characters],
    ['with a space inside', '"a b"', 'a b'],
    ['of 70 characters', 'x'.repeat(70), 'x'.repeat(70)],
    ['of hyphens', '----------', '----------'],
    ['with an equals sign, without quotes', '----=_Part_1', '----=_Part_1'],
    ['in any case', '"aB"; BOUNDARY-NOT=ab', 'aB'],
  ])('%s', async (_, onTheWire, boundary) => {
    const body = encodeForm(boundary, [field('a', '1')])
    const request = formRequest(body, `Multipart/Form-Data; charset=utf-8; Boundary=${onTheWire}`)
    expect(await readAll(request)).toEqual([['a', '1']])
  })
})

describe('readMultipart() refuses', () => {
  test.each([
    ['another media type', 'text/plain; boundary=b', 415],
    ['another kind of multipart', 'multipart/mixed; boundary=b', 415],
    ['an empty media type', '', 415],
    ['no boundary', 'multipart/form-data', 400],
    ['an empty boundary', 'multipart/form-data; boundary=""', 400],
    ['a boundary of 71 characters', `multipart/form-data; boundary=${'b'.repeat(71)}`, 400],
    ['a boundary that ends with a space', 'multipart/form-data; boundary="b "', 400],
    ['a boundary of other characters', 'multipart/form-data; boundary="b<b"', 400],
    ['two boundaries', 'multipart/form-data; boundary=b; boundary=c', 415],
    ['a boundary inside of quotes alone', 'multipart/form-data; x="; boundary=b"', 400],
  ])('%s', async (_, contentType, status) => {
    const error = await failureOf(readAll(formRequest(encoder.encode('--b--'), contentType)))
    expect(error).toMatchObject({ status })
  })

  test('a content coding with 415', async () => {
    const request = formRequest(encoder.encode('--b--'), undefined, { 'content-encoding': 'gzip' })
    expect(await failureOf(readAll(request))).toMatchObject({ status: 415 })
  })

  test.each([
    ['nothing', ''],
    ['text without any boundary', 'hello'],
    ['a part without end', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nhello'],
    ['a header without end', '--b\r\nContent-Disposition: form-data; name="a"'],
    ['a boundary cut off', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nhello\r\n--b'],
    ['half of the last hyphens', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nhello\r\n--b-'],
  ])('%s as BODY_ABORTED', async (_, text) => {
    const error = await failureOf(readAll(formRequest(encoder.encode(text))))
    expect(error).toMatchObject({ code: 'BODY_ABORTED', status: 400 })
  })

  test('a body that ends anywhere before its last boundary as BODY_ABORTED', async () => {
    const body = encodeForm('b', [field('a', 'x\r\n--'), field('b', '')])
    for (let length = 0; length < body.length - 2; length++) {
      const error = await failureOf(readAll(formRequest(body.subarray(0, length))))
      expect(error).toMatchObject({ code: 'BODY_ABORTED', status: 400 })
    }
  })

  test('a body that breaks off as BODY_ABORTED', async () => {
    const cause = new Error('reset')
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => controller.error(cause),
    })
    expect(await failureOf(readAll(formRequest(body)))).toMatchObject({ code: 'BODY_ABORTED', cause })
  })

  test('a request without body', async () => {
    expect(await failureOf(readAll(formRequest(null)))).toMatchObject({ code: 'BODY_MALFORMED' })
  })

  test.each([
    ['was read', { bodyUsed: true }],
    ['is being read', { body: lockedStream() }],
  ])('a body that %s as BODY_USED', async (_, state) => {
    const request = { ...formRequest(encoder.encode('--b--')), ...state }
    expect(await failureOf(readAll(request))).toMatchObject({ code: 'BODY_USED' })
  })

  test.each([
    ['no disposition', { header: ['Content-Type: text/plain'], content: '' }],
    ['no header', { header: [], content: '' }],
    ['another disposition', disposition('attachment; name="a"')],
    ['a disposition without name', disposition('form-data; filename="a"')],
    ['two names', disposition('form-data; name="a"; name="b"')],
    ['two file names', disposition('form-data; name="a"; filename="a"; filename="b"')],
    ['a name without closing quote', disposition('form-data; name="a')],
    ['NUL in a file name', disposition('form-data; name="a"; filename="a.php\0.png"')],
    ['a bare line feed in a header', disposition('form-data; name="a"\nX: y')],
    ['a bare carriage return in a header', disposition('form-data; name="a\rb"')],
    ['a folded header', disposition('form-data;\r\n name="a"')],
    ['a header without colon', { header: ['Content-Disposition'], content: '' }],
    ['a space before the colon', { header: ['Content-Disposition : form-data; name="a"'], content: '' }],
    [
      'a header that stands twice',
      {
        header: ['content-disposition: form-data; name="a"', 'Content-Disposition: form-data; name="b"'],
        content: '',
      },
    ],
  ])('a part with %s as BODY_MALFORMED', async (_, part) => {
    const error = await failureOf(readAll(formRequest(encodeForm('b', [part]))))
    expect(error).toMatchObject({ code: 'BODY_MALFORMED', status: 400 })
  })

  test('a header that is not UTF-8', async () => {
    const body = concat([
      encoder.encode('--b\r\nContent-Disposition: form-data; name="'),
      new Uint8Array([0xff]),
      encoder.encode('"\r\n\r\n\r\n--b--'),
    ])
    expect(await failureOf(readAll(formRequest(body)))).toMatchObject({ code: 'BODY_MALFORMED' })
  })

  test('text between a boundary and its line break', async () => {
    const text = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--bc\r\n\r\n--b--'
    expect(await failureOf(readAll(formRequest(encoder.encode(text))))).toMatchObject({
      code: 'BODY_MALFORMED',
    })
  })

  test('endless white space behind a boundary', async () => {
    const text = `--b${' '.repeat(1000)}\r\n`
    expect(await failureOf(readAll(formRequest(encoder.encode(text))))).toMatchObject({
      code: 'BODY_MALFORMED',
    })
  })

  test('content in base64, which browsers do not send', async () => {
    const part = { header: [...field('a', '').header, 'Content-Transfer-Encoding: base64'], content: 'eA==' }
    expect(await failureOf(readAll(formRequest(encodeForm('b', [part]))))).toMatchObject({ status: 415 })
  })

  test.each([
    ['parts', Number.NaN],
    ['parts', 0],
    ['totalBytes', -1],
    ['partBytes', 1.5],
    ['headerBytes', Infinity],
  ])('the limit %s of %s', async (name, value) => {
    const error = await failureOf(readAll(formRequest(encoder.encode('--b--')), { [name]: value }))
    expect(error).toBeInstanceOf(RangeError)
  })
})

describe('readMultipart() limits', () => {
  test('the number of parts', async () => {
    const body = encodeForm(
      'b',
      Array.from({ length: 10_000 }, (_, index) => field(`${index}`, '')),
    )
    let count = 0
    const error = await failureOf(
      (async () => {
        for await (const part of readMultipart(formRequest(body))) count += part.name === '' ? 0 : 1
      })(),
    )
    expect(error).toMatchObject({ code: 'LIMIT_EXCEEDED', status: 413 })
    expect(count).toBe(1000)
  })

  test('the number of parts, which may be 10,000', async () => {
    const body = encodeForm(
      'b',
      Array.from({ length: 10_000 }, (_, index) => field(`${index}`, '')),
    )
    expect(await readAll(formRequest(body), { parts: 10_000 })).toHaveLength(10_000)
    const error = await failureOf(readAll(formRequest(body), { parts: 9999 }))
    expect(error).toMatchObject({ code: 'LIMIT_EXCEEDED', status: 413 })
  })

  test('a preamble without end', async () => {
    const piece = new Uint8Array(encoder.encode('\r\n--a'.repeat(10_000)))
    let given = 0
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        given += piece.length
        controller.enqueue(piece)
      },
    })
    const error = await failureOf(readAll(formRequest(body), { totalBytes: 1_000_000 }))
    expect(error).toMatchObject({ code: 'BODY_TOO_LARGE', status: 413 })
    expect(given).toBeLessThan(1_200_000)
  })

  test('the bytes of the form, announced', async () => {
    const request = formRequest(encoder.encode('--b--'), undefined, { 'content-length': '101' })
    const error = await failureOf(readAll(request, { totalBytes: 100 }))
    expect(error).toMatchObject({ code: 'BODY_TOO_LARGE', status: 413 })
  })

  test('the bytes of the form, as they come', async () => {
    const body = encodeForm('b', [field('a', 'x'.repeat(100))])
    const error = await failureOf(readAll(formRequest(streamOf(body, [50])), { totalBytes: 100 }))
    expect(error).toMatchObject({ code: 'BODY_TOO_LARGE', message: 'Expected a form of at most 100 bytes' })
  })

  test('the bytes of the form, to the byte', async () => {
    const body = encodeForm('b', [field('a', '1')]).subarray(0, -2)
    expect(await readAll(formRequest(body), { totalBytes: body.length })).toEqual([['a', '1']])
    const error = await failureOf(readAll(formRequest(body), { totalBytes: body.length - 1 }))
    expect(error).toMatchObject({ code: 'BODY_TOO_LARGE' })
  })

  test('the bytes of a part, and goes on if one wishes', async () => {
    const body = encodeForm('b', [field('a', 'x'.repeat(101)), field('b', 'y'.repeat(100))])
    const read: unknown[] = []
    for await (const part of readMultipart(formRequest(body), { partBytes: 100 })) {
      const result = await part.text().catch((error: unknown) => error)
      read.push(result)
    }
    expect(read).toMatchObject([{ code: 'BODY_TOO_LARGE', status: 413 }, 'y'.repeat(100)])
  })

  test.each([
    ['in one chunk', []],
    ['in several', [20, 60, 90]],
  ])('the bytes of a header, to the byte, %s', async (_, cuts) => {
    const line = 'Content-Disposition: form-data; name="a"; x="'
    const header = (length: number): WirePart => ({
      header: [`${line}${'y'.repeat(length - line.length - 1)}"`],
      content: '',
    })
    const limits = { headerBytes: 100 }
    const fits = readAll(formRequest(streamOf(encodeForm('b', [header(100)]), cuts)), limits)
    const isOver = readAll(formRequest(streamOf(encodeForm('b', [header(101)]), cuts)), limits)
    expect(await fits).toEqual([['a', '']])
    expect(await failureOf(isOver)).toMatchObject({ code: 'LIMIT_EXCEEDED', status: 413 })
  })

  test('a header without end', async () => {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.enqueue(new Uint8Array(encoder.encode('--b\r\nX: '))),
      pull: (controller) => controller.enqueue(new Uint8Array(1000).fill(97)),
    })
    expect(await failureOf(readAll(formRequest(body)))).toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  test('the number of fields in a header', async () => {
    const more = Array.from({ length: 32 }, (_, index) => `X-${index}: 1`)
    const part = { header: [...field('a', '').header, ...more], content: '' }
    const error = await failureOf(readAll(formRequest(encodeForm('b', [part]))))
    expect(error).toMatchObject({ code: 'LIMIT_EXCEEDED', status: 413 })
  })
})

describe('Part', () => {
  test.each([
    ['a plain one', 'a.txt', 'a.txt'],
    ['an empty one', '', ''],
    ['UTF-8', 'naïve 😀.txt', 'naïve 😀.txt'],
    ['a percent-encoded quote and line break', 'a%22b%0D%0Ac%0d', 'a"b\r\nc\r'],
    ['no other percent-encoding', '%2e%2e%2fx%00', '%2e%2e%2fx%00'],
    ['an escaped quote', String.raw`a\"b.txt`, 'a"b.txt'],
    ['a path', '/etc/passwd', 'passwd'],
    ['a path upwards', '../../x', 'x'],
    ['a path of Windows', String.raw`C:\dir\x.txt`, 'x.txt'],
    ['a path upwards of Windows', String.raw`..\\..\\x`, 'x'],
    ['a mixed path', String.raw`..\/x`, 'x'],
    ['a backslash at its end', 'x\\', ''],
    ['a folder', 'a/', ''],
    ['the folder above', '..', ''],
    ['the folder itself', 'a/.', ''],
  ])('fileName is without folders: %s', async (_, onTheWire, fileName) => {
    const part = await firstPart(disposition(`form-data; name="a"; filename="${onTheWire}"`))
    expect(part.fileName).toBe(fileName)
  })

  test.each([
    ['filename*', 'form-data; name="a"; filename*=UTF-8\'\'x.txt', 'a'],
    ['a file name inside of a name', 'form-data; name="a; filename=x"', 'a; filename=x'],
    ['a file name inside of quotes', 'form-data; name="a"; x="; filename=\\"x\\""', 'a'],
  ])('fileName does not come from %s', async (_, text, name) => {
    const part = await firstPart(disposition(text))
    expect([part.name, part.fileName]).toEqual([name, undefined])
  })

  test.each([
    ['without quotes', 'form-data; name=a; filename=ü-1.txt'],
    ['in capitals', 'FORM-DATA; NAME="a"; FILENAME="ü-1.txt"'],
    ['the other way round', 'form-data;filename="ü-1.txt";name="a";'],
  ])('name and fileName are read %s', async (_, text) => {
    const part = await firstPart(disposition(text))
    expect([part.name, part.fileName]).toEqual(['a', 'ü-1.txt'])
  })

  test('mediaType is text/plain when the client says nothing', async () => {
    expect((await firstPart(field('a', ''))).mediaType).toBe('text/plain')
    const { header } = field('a', '')
    expect((await firstPart({ header: [...header, 'Content-Type:'], content: '' })).mediaType).toBe(
      'text/plain',
    )
  })

  test('bytes() refuses more than its limit', async () => {
    const part = await firstPart(field('a', 'abcd'))
    expect(await failureOf(part.bytes(3))).toMatchObject({ code: 'BODY_TOO_LARGE', status: 413 })
  })

  test('bytes() takes at most 1 MiB when nothing else is said', async () => {
    const part = await firstPart(field('a', new Uint8Array(1_048_577)))
    expect(await failureOf(part.bytes())).toMatchObject({ code: 'BODY_TOO_LARGE' })
  })

  test('bytes() gives memory that nobody shares', async () => {
    const part = await firstPart(field('a', 'abcd'))
    expect((await part.bytes()).buffer.byteLength).toBe(4)
  })

  test('text() refuses what is not UTF-8', async () => {
    const part = await firstPart(field('a', new Uint8Array([0xc3])))
    expect(await failureOf(part.text())).toMatchObject({ code: 'BODY_MALFORMED' })
  })

  test('its content is BODY_USED when it was read', async () => {
    const part = await firstPart(field('a', 'abcd'))
    await part.text()
    expect(await failureOf(part.bytes())).toMatchObject({ code: 'BODY_USED' })
    expect(() => part.stream()).toThrow(expect.objectContaining({ code: 'BODY_USED' }))
  })

  test('its content is BODY_USED when the next part was asked for, and not that of the next part', async () => {
    const parts = readMultipart(formRequest(encodeForm('b', [field('a', 'secret'), field('b', 'other')])))
    const first = await parts.next()
    const second = await parts.next()
    expect(await failureOf(first.value?.text() ?? Promise.resolve())).toMatchObject({ code: 'BODY_USED' })
    expect(await second.value?.text()).toBe('other')
  })

  test('its content is BODY_USED when the loop was left', async () => {
    const parts = readMultipart(formRequest(encodeForm('b', [field('a', '1'), field('b', '2')])))
    const { value } = await parts.next()
    await parts.return()
    expect(await failureOf(value?.text() ?? Promise.resolve())).toMatchObject({ code: 'BODY_USED' })
  })

  test('a read that nobody waited for gets its own content or BODY_USED, and takes nothing from the next part', async () => {
    const body = encodeForm('b', [field('a', 'xxx'), field('b', 'other')])
    const cuts = Array.from(body, (_, index) => index)
    for (let turns = 0; turns < 60; turns++) {
      const parts = readMultipart(formRequest(streamOf(body, cuts)))
      const { value } = await parts.next()
      const reader = value?.stream().getReader()
      const early = reader?.read().then(
        (next) => next.value?.every((byte) => byte === 120),
        (error: unknown) => isHttpError(error) && error.code === 'BODY_USED',
      )
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      const second = await parts.next()
      expect(await second.value?.text(), `after ${turns} turns`).toBe('other')
      expect(await early, `after ${turns} turns`).toBe(true)
      expect(await failureOf(reader?.read() ?? Promise.resolve())).toMatchObject({ code: 'BODY_USED' })
    }
  })

  test('its chunks may be transferred away', async () => {
    const body = encodeForm('b', [field('a', 'x'.repeat(100)), field('b', 'other')])
    const parts = readMultipart(formRequest(body))
    const { value } = await parts.next()
    const chunk = await value?.stream().getReader().read()
    if (chunk?.value !== undefined) structuredClone(chunk.value.buffer, { transfer: [chunk.value.buffer] })
    expect(chunk?.value?.byteLength).toBe(0)
    const second = await parts.next()
    expect(await second.value?.text()).toBe('other')
  })
})

describe('readMultipart() at scale', () => {
  test('streams a part of 300 MB in flat memory', async () => {
    const sizeBytes = 300_000_000
    const head = encoder.encode('--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n')
    const chunk = new Uint8Array(65_536).map((_, index) => (index % 7 === 0 ? 13 : index % 251))
    let left = sizeBytes
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => controller.enqueue(new Uint8Array(head)),
        pull(controller) {
          const length = Math.min(left, chunk.length)
          left -= length
          if (length > 0) return controller.enqueue(new Uint8Array(chunk.subarray(0, length)))
          controller.enqueue(new Uint8Array(encoder.encode('\r\n--b--')))
          controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    const limits = { totalBytes: 2 * sizeBytes, partBytes: 2 * sizeBytes }
    let size = 0
    let peak = 0
    const before = memoryInUse()
    for await (const part of readMultipart(formRequest(body), limits)) {
      const reader = part.stream().getReader()
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        size += next.value.byteLength
        peak = Math.max(peak, memoryInUse())
      }
    }
    expect(size).toBe(sizeBytes)
    expect(peak - before).toBeLessThan(150_000_000)
  })

  test.each([
    ['the beginning of a boundary', '\r\n--'],
    ['carriage returns', '\r'],
    ['a boundary but for its last character', `\r\n--${'b'.repeat(69)}`],
    ['the character of the boundary', 'b'],
  ])('is linear in 16 MB of %s', async (_, piece) => {
    const boundary = `${'b'.repeat(69)}c`
    const content = piece.repeat(Math.floor(16_000_000 / piece.length))
    const body = encodeForm(boundary, [field('a', content)])
    const cuts = Array.from({ length: 250 }, (_, index) => index * 65_536).filter((cut) => cut < body.length)
    const request = formRequest(streamOf(body, cuts), `multipart/form-data; boundary=${boundary}`)
    const began = performance.now()
    for await (const part of readMultipart(request)) expect(await sizeOf(part)).toBe(content.length)
    expect(performance.now() - began).toBeLessThan(1500)
  })

  test('is linear in headers that come byte by byte', async () => {
    const more = `X-More: ${'y'.repeat(8000)}`
    const part = { header: [...field('a', '').header, more], content: '' }
    const body = encodeForm(
      'b',
      Array.from({ length: 25 }, () => part),
    )
    const cuts = Array.from(body, (_, index) => index)
    const began = performance.now()
    expect(await readAll(formRequest(streamOf(body, cuts)))).toHaveLength(25)
    expect(performance.now() - began).toBeLessThan(3000)
  })
})

function lockedStream(): ReadableStream<Uint8Array<ArrayBuffer>> {
  const stream = streamOf(new Uint8Array(0))
  stream.getReader()
  return stream
}

async function sizeOf(part: Part): Promise<number> {
  let size = 0
  const reader = part.stream().getReader()
  for (let next = await reader.read(); !next.done; next = await reader.read()) size += next.value.byteLength
  return size
}

function memoryInUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
