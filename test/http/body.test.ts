import { checkAsync, maxLength, object, objectAsync, pipe, pipeAsync, string } from 'valibot'
import { describe, expect, test } from 'vitest'
import { RequestBody } from '../../src/http/body.ts'
import { readStreamedBody } from '../../src/http/read-stream.ts'

const limits = { bodyBytes: 1000, jsonDepth: 8, formFields: 3 }
const platform = {
  readBody: (request: Request, maxBytes: number) =>
    readStreamedBody(request.body, request.headers.get('content-length'), maxBytes),
}
const jsonType = { 'content-type': 'application/json' }
const formType = { 'content-type': 'application/x-www-form-urlencoded' }

function bodyOf(body: BodyInit | null, headers: Record<string, string> = {}): RequestBody {
  const request = new Request('http://localhost/', { method: 'POST', body, headers })
  // A native request names a media type of its own for text.
  if (headers['content-type'] === undefined) request.headers.delete('content-type')
  return new RequestBody(request, platform, limits)
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('RequestBody.json()', () => {
  test.each([
    ['application/json'],
    ['application/json; charset=utf-8'],
    ['application/json;charset="UTF-8"'],
    ['Application/JSON; charset=utf8'],
    ['application/json; profile="a; charset=latin1"'],
    ['application/problem+json'],
    ['model/gltf+json'],
  ])('reads %s', async (type) => {
    expect(await bodyOf('{"a":"ü"}', { 'content-type': type }).json()).toEqual({ a: 'ü' })
  })

  test.each([
    ['no media type', undefined],
    ['an empty one', ''],
    ['text', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['another charset', 'application/json; charset=latin1'],
    ['two charsets', 'application/json; charset=utf-8; charset=latin1'],
    ['a suffix in a parameter', 'text/plain; x=+json'],
    ['two types', 'text/plain, application/json'],
    ['a type that begins alike', 'application/jsonp'],
  ])('refuses %s with 415 and says what it reads', async (_, type) => {
    const error = await failureOf(bodyOf('{}', type === undefined ? {} : { 'content-type': type }).json())
    expect(error).toMatchObject({
      code: 'MEDIA_TYPE_UNSUPPORTED',
      status: 415,
      headers: { accept: 'application/json' },
    })
  })

  test.each([['gzip'], ['identity, br']])('refuses the content coding %s with 415', async (coding) => {
    const error = await failureOf(bodyOf('{}', { ...jsonType, 'content-encoding': coding }).json())
    expect(error).toMatchObject({ status: 415, headers: { 'accept-encoding': 'identity' } })
  })

  test('takes the coding identity for none', async () => {
    expect(await bodyOf('1', { ...jsonType, 'content-encoding': 'Identity' }).json()).toBe(1)
  })

  test('refuses an empty body with 400', async () => {
    const error = await failureOf(bodyOf(null, jsonType).json())
    expect(error).toMatchObject({ code: 'BODY_MALFORMED', message: expect.stringMatching(/an empty body$/) })
  })

  test('refuses malformed UTF-8 with 400', async () => {
    const error = await failureOf(bodyOf(new Uint8Array([0x22, 0xff, 0x22]), jsonType).json())
    expect(error).toMatchObject({ code: 'BODY_MALFORMED', status: 400 })
  })

  test('obeys the limit of depth', async () => {
    const error = await failureOf(bodyOf('['.repeat(9) + ']'.repeat(9), jsonType).json())
    expect(error).toMatchObject({
      code: 'BODY_MALFORMED',
      message: expect.stringContaining('at most 8 deep'),
    })
  })

  test('obeys the limit of bytes', async () => {
    const error = await failureOf(bodyOf(`"${'a'.repeat(1000)}"`, jsonType).json())
    expect(error).toMatchObject({ code: 'BODY_TOO_LARGE', status: 413 })
  })

  test('gives the output of a schema', async () => {
    const schema = object({ name: pipe(string(), maxLength(3)) })
    expect(await bodyOf('{"name":"Ann","more":1}', jsonType).json(schema)).toEqual({ name: 'Ann' })
  })

  test('waits for a schema that answers later', async () => {
    const name = pipeAsync(
      string(),
      checkAsync(async (value) => value === 'Ann', 'Taken'),
    )
    const error = await failureOf(bodyOf('{"name":"Bo"}', jsonType).json(objectAsync({ name })))
    expect(error).toMatchObject({
      code: 'INPUT_INVALID',
      status: 422,
      details: { errors: [{ pointer: '/name', detail: 'Taken' }] },
    })
  })
})

describe('RequestBody.text()', () => {
  test('reads any media type, and none', async () => {
    expect(await bodyOf('ü').text()).toBe('ü')
    expect(await bodyOf('ü', { 'content-type': 'text/csv' }).text()).toBe('ü')
  })

  test('rejects and does not throw when a content coding is refused', async () => {
    const error = await failureOf(bodyOf('x', { 'content-encoding': 'gzip' }).text())
    expect(error).toMatchObject({ status: 415 })
  })
})

describe('RequestBody.form()', () => {
  test('reads decoded fields', async () => {
    const form = await bodyOf('a=x+y&a=%C3%BC&b', formType).form()
    expect([form.get('a'), form.getAll('a'), form.get('b')]).toEqual(['x y', ['x y', 'ü'], ''])
  })

  test('refuses another media type with 415', async () => {
    const error = await failureOf(bodyOf('a=1', jsonType).form())
    expect(error).toMatchObject({ status: 415, headers: { accept: 'application/x-www-form-urlencoded' } })
  })

  test('refuses more fields than the limit with 413', async () => {
    const form = await bodyOf('a&b&c&d', formType).form()
    expect(() => form.get('a')).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED', status: 413 }))
  })

  test('gives a schema an object in which a repeated name has a list', async () => {
    const asItCame = {
      '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) },
    }
    expect(await bodyOf('a=1&b=2&a=3', formType).form(asItCame)).toEqual({ a: ['1', '3'], b: '2' })
  })

  test('gives a schema an object without prototype', async () => {
    const schema = object({ toString: string() })
    const error = await failureOf(bodyOf('a=1', formType).form(schema))
    expect(error).toMatchObject({ code: 'INPUT_INVALID', details: { errors: [{ pointer: '/toString' }] } })
  })

  test('refuses the field __proto__ for a schema', async () => {
    const error = await failureOf(bodyOf('%5f_proto__=1', formType).form(object({})))
    expect(error).toMatchObject({ code: 'BODY_MALFORMED', status: 400 })
  })
})

describe('RequestBody.bytes()', () => {
  test('gives the body as it is, whatever its coding', async () => {
    const body = bodyOf(new Uint8Array([1, 255]), { 'content-encoding': 'gzip' })
    expect(await body.bytes()).toEqual(new Uint8Array([1, 255]))
  })

  test('gives nothing where there is no body', async () => {
    expect(await bodyOf(null).bytes()).toHaveLength(0)
  })

  test.each([
    ['bytes()', (body: RequestBody) => body.bytes()],
    ['text()', (body: RequestBody) => body.text()],
    ['stream()', (body: RequestBody) => new Response(body.stream()).bytes()],
  ])('says BODY_USED after %s', async (_, read) => {
    const body = bodyOf('x')
    await read(body)
    expect(await failureOf(body.bytes())).toMatchObject({ code: 'BODY_USED' })
  })
})

describe('RequestBody.stream()', () => {
  test('gives the body as it arrives', async () => {
    expect(await new Response(bodyOf('abc').stream()).text()).toBe('abc')
  })

  test('is empty where there is no body', async () => {
    expect(await new Response(bodyOf(null).stream()).text()).toBe('')
  })

  test('errors when the limit is passed', async () => {
    const error = await failureOf(new Response(bodyOf('a'.repeat(1001)).stream()).text())
    expect(error).toMatchObject({ code: 'BODY_TOO_LARGE' })
  })

  test('says BODY_USED when it was opened before', () => {
    const body = bodyOf('x')
    body.stream()
    expect(() => body.stream()).toThrow(expect.objectContaining({ code: 'BODY_USED' }))
  })
})
