import { describe, expect, test } from 'vitest'
import type { CollectedForm } from '../../src/http/collect-form.ts'
import { collectForm } from '../../src/http/collect-form.ts'
import { readMultipart } from '../../src/http/multipart.ts'
import { formRequest } from './multipart-body.ts'

function collect(
  pairs: readonly (readonly [string, string | File])[],
  maxBytes?: number,
): Promise<CollectedForm> {
  const form = new FormData()
  for (const [name, value] of pairs) form.append(name, value)
  return collectForm(
    readMultipart(new Request('http://localhost/', { method: 'POST', body: form })),
    maxBytes,
  )
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('collectForm()', () => {
  test('has fields and files', async () => {
    const file = new File(['12'], 'a.txt', { type: 'text/csv' })
    const { fields, files } = await collect([
      ['a', '1'],
      ['file', file],
      ['a', 'ü+%41'],
    ])
    expect(fields.getAll('a')).toEqual(['1', 'ü+%41'])
    expect(fields.has('file')).toBe(false)
    expect(files).toEqual([
      { name: 'file', fileName: 'a.txt', mediaType: 'text/csv', bytes: new Uint8Array([49, 50]) },
    ])
  })

  test('leaves out a file control in which nothing was chosen', async () => {
    const { files } = await collect([['file', new File([], '')]])
    expect(files).toEqual([])
  })

  test('keeps an empty file', async () => {
    const { files } = await collect([['file', new File([], 'empty.txt')]])
    expect(files.map(({ fileName }) => fileName)).toEqual(['empty.txt'])
  })

  test.each([
    ['in one part', [['a', 'x'.repeat(11)]]],
    [
      'in all parts',
      [
        ['a', 'x'.repeat(5)],
        ['file', new File(['x'.repeat(6)], 'a.txt')],
      ],
    ],
  ] as const)('refuses more than its limit %s', async (_, pairs) => {
    expect(await failureOf(collect(pairs, 10))).toMatchObject({ code: 'BODY_TOO_LARGE', status: 413 })
  })

  test('takes as much as its limit', async () => {
    const { fields } = await collect([['a', 'x'.repeat(10)]], 10)
    expect(fields.get('a')).toHaveLength(10)
  })

  test('refuses a field that is not UTF-8', async () => {
    const head = new TextEncoder().encode('--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n')
    const body = new Uint8Array([...head, 0xff, ...new TextEncoder().encode('\r\n--b--')])
    const error = await failureOf(collectForm(readMultipart(formRequest(body))))
    expect(error).toMatchObject({ code: 'BODY_MALFORMED', status: 400 })
  })
})
