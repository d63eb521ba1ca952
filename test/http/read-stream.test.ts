import { describe, expect, test } from 'vitest'
import { HttpError } from '../../src/errors/index.ts'
import { limitStream, readStreamedBody } from '../../src/http/read-stream.ts'

interface Source {
  readonly stream: ReadableStream<Uint8Array>
  /** How many chunks were asked for. */
  pulls(): number
  /** Why it was cancelled. */
  cancels(): readonly unknown[]
}

/** A stream that gives these chunks, then ends or fails. Makes a chunk only when it is asked for one. */
function sourceOf(chunks: readonly unknown[], failure?: unknown): Source {
  const cancels: unknown[] = []
  let pulls = 0
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (pulls < chunks.length) return controller.enqueue(chunks[pulls++] as Uint8Array)
        if (failure === undefined) controller.close()
        else controller.error(failure)
      },
      cancel: (reason) => void cancels.push(reason),
    },
    { highWaterMark: 0 },
  )
  return { stream, pulls: () => pulls, cancels: () => cancels }
}

function bytes(...values: number[]): Uint8Array {
  return new Uint8Array(values)
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('readStreamedBody()', () => {
  test('joins the chunks', async () => {
    const { stream } = sourceOf([bytes(1, 2), bytes(), bytes(3)])
    expect(await readStreamedBody(stream, null, 3)).toEqual(bytes(1, 2, 3))
  })

  test('gives nothing where there is no body', async () => {
    expect(await readStreamedBody(null, null, 0)).toEqual(bytes())
  })

  test('copies a chunk out of memory that others use', async () => {
    const shared = bytes(9, 1, 2, 9)
    const read = await readStreamedBody(sourceOf([shared.subarray(1, 3)]).stream, null, 9)
    expect(read.buffer.byteLength).toBe(2)
  })

  test('needs memory for the bytes and not for the chunks', async () => {
    let left = 1_000_000
    const single = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull(controller): void {
          if (left === 0) controller.close()
          else controller.enqueue(new Uint8Array([left-- & 255]))
        },
      },
      { highWaterMark: 0 },
    )
    const before = process.memoryUsage().rss
    const bytes = await readStreamedBody(single, null, 1_000_000)
    expect(bytes).toHaveLength(1_000_000)
    expect([bytes[0], bytes[1], bytes[999_999]]).toEqual([64, 63, 1])
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000)
  })

  test('leaves the stream unlocked', async () => {
    const { stream } = sourceOf([bytes(1)])
    await readStreamedBody(stream, null, 1)
    expect(stream.locked).toBe(false)
  })

  test('refuses a body that is announced too large without reading it', async () => {
    const source = sourceOf([bytes(1)])
    const error = await failureOf(readStreamedBody(source.stream, '11', 10))
    expect(error).toMatchObject({ code: 'BODY_TOO_LARGE', status: 413 })
    expect(source.pulls()).toBe(0)
  })

  test('stops at the first byte over the limit and cancels the source', async () => {
    const source = sourceOf([bytes(1, 2), bytes(3, 4), bytes(5)])
    const error = await failureOf(readStreamedBody(source.stream, '2', 3))
    expect(error).toMatchObject({ code: 'BODY_TOO_LARGE', status: 413 })
    expect([source.pulls(), source.cancels()]).toEqual([2, [error]])
  })

  test('says BODY_ABORTED when the source breaks off', async () => {
    const cause = new Error('reset')
    const error = await failureOf(readStreamedBody(sourceOf([bytes(1)], cause).stream, null, 9))
    expect(error).toMatchObject({ code: 'BODY_ABORTED', status: 400, cause })
  })

  test('passes on an error that is an answer already', async () => {
    const timeout = new HttpError(408, 'BODY_TIMEOUT', 'Expected the body within 1 s')
    expect(await failureOf(readStreamedBody(sourceOf([], timeout).stream, null, 9))).toBe(timeout)
  })

  test('says BODY_USED for a stream that somebody else reads', async () => {
    const { stream } = sourceOf([bytes(1)])
    stream.getReader()
    expect(await failureOf(readStreamedBody(stream, null, 9))).toMatchObject({ code: 'BODY_USED' })
  })

  test('refuses chunks that are no bytes', async () => {
    const source = sourceOf(['a'.repeat(100)])
    expect(await failureOf(readStreamedBody(source.stream, null, 9))).toBeInstanceOf(TypeError)
  })
})

describe('limitStream()', () => {
  test('passes on what is within the limit', async () => {
    const { stream } = sourceOf([bytes(1, 2), bytes(3)])
    expect(await new Response(limitStream(stream, 3)).bytes()).toEqual(bytes(1, 2, 3))
  })

  test('takes nothing before somebody reads, and no more than is read', async () => {
    const source = sourceOf([bytes(1), bytes(2), bytes(3)])
    const reader = limitStream(source.stream, 3).getReader()
    await Promise.resolve()
    const before = source.pulls()
    await reader.read()
    expect([before, source.pulls()]).toEqual([0, 1])
  })

  test('errors at the first byte over the limit and cancels the source', async () => {
    const source = sourceOf([bytes(1, 2), bytes(3), bytes(4)])
    const reader = limitStream(source.stream, 2).getReader()
    await reader.read()
    const error = await failureOf(reader.read())
    expect(error).toMatchObject({ code: 'BODY_TOO_LARGE', status: 413 })
    expect([source.pulls(), source.cancels()]).toEqual([2, [error]])
  })

  test('errors at once when too much is announced', async () => {
    const source = sourceOf([bytes(1)])
    const error = await failureOf(limitStream(source.stream, 2, '3').getReader().read())
    expect(error).toMatchObject({ code: 'BODY_TOO_LARGE' })
    expect([source.pulls(), source.cancels()]).toEqual([0, [error]])
  })

  test('cancels the source when its reader goes', async () => {
    const source = sourceOf([bytes(1)])
    await limitStream(source.stream, 2).cancel('enough')
    expect(source.cancels()).toEqual(['enough'])
  })

  test('says BODY_ABORTED when the source breaks off', async () => {
    const reader = limitStream(sourceOf([], new Error('reset')).stream, 2).getReader()
    expect(await failureOf(reader.read())).toMatchObject({ code: 'BODY_ABORTED' })
  })

  test('refuses a stream that somebody else reads', () => {
    const { stream } = sourceOf([])
    stream.getReader()
    expect(() => limitStream(stream, 2)).toThrow(expect.objectContaining({ code: 'BODY_USED' }))
  })

  test('refuses chunks that are no bytes', async () => {
    const reader = limitStream(sourceOf(['a']).stream, 9).getReader()
    expect(await failureOf(reader.read())).toBeInstanceOf(TypeError)
  })
})
