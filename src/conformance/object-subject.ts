import type { ObjectGetOptions, ObjectStore } from '../stores/object/contract.ts'
import { ConformanceError } from './assert.ts'
import type { ConformanceCase } from './contract.ts'

/** An object store on trial, empty. */
export interface ObjectSubject {
  readonly store: ObjectStore
}

/** A case of the suite for object stores. */
export type ObjectCase = ConformanceCase<ObjectSubject>

/** The whole text of an object or a part of it, or null. */
export async function readText(
  store: ObjectStore,
  key: string,
  options?: ObjectGetOptions,
): Promise<string | null> {
  const object = await store.get(key, options)
  return object === null ? null : new TextDecoder().decode(await object.bytes())
}

/** All that a stream gives. Rejects as the stream does. */
export async function drain(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
  }
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0))
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}

/** A stream that gives these chunks when it is asked for them. */
export function streamOf(chunks: readonly Uint8Array[], onCancel?: () => void): ReadableStream<Uint8Array> {
  let index = 0
  return new ReadableStream<Uint8Array>(
    {
      pull(controller): void {
        const chunk = chunks[index++]
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
      cancel: () => onCancel?.(),
    },
    { highWaterMark: 0 },
  )
}

/** A pattern in which no stretch repeats soon. */
export function patternBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let state = 1
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[index] = state >>> 24
  }
  return bytes
}

/** The value, which the case just wrote. */
export function present<Value>(value: Value | null): Value {
  if (value === null)
    throw new ConformanceError('Expected an object that was written to be there, but it is not so')
  return value
}
