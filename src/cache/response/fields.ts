import { isRepeatable } from '../../http/index.ts'

/** One header field, its name in lower case. */
export type Field = readonly [name: string, value: string]

/** A field that was set on the context while the handler ran. */
export interface PendingField {
  readonly name: string
  readonly value: string
  readonly append: boolean
}

/** Fields of a connection, and those that are made anew for each answer (RFC 9111 §3.1). */
const passing: ReadonlySet<string> = new Set([
  'age',
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-connection',
  'server-timing',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** All values of a field in one, as a list; null where there is none. */
export function valueOf(fields: readonly Field[], name: string): string | null {
  const values = fields.flatMap(([other, value]) => (other === name ? [value] : []))
  return values.length === 0 ? null : values.join(', ')
}

/** The elements of a list, in lower case. */
export function elementsOf(value: string | null): readonly string[] {
  const elements = (value ?? '').toLowerCase().split(',')
  return elements.map((element) => element.trim()).filter((element) => element !== '')
}

/** The fields of a response as the client would get them: its own, then those that wait on the context. */
export function mergeFields(own: Headers, pending: readonly PendingField[]): readonly Field[] {
  let waiting: readonly PendingField[] = []
  for (const field of pending) {
    waiting = [...(field.append ? waiting : waiting.filter(({ name }) => name !== field.name)), field]
  }
  let fields: Field[] = []
  for (const [name, value] of own) fields.push([name.toLowerCase(), value])
  for (const { name, value } of waiting) {
    if (!isRepeatable(name)) fields = fields.filter(([other]) => other !== name)
    fields.push([name, value])
  }
  return fields
}

/** The fields that may be kept: without those of the connection, and those that it names itself. */
export function keepableFields(fields: readonly Field[]): readonly Field[] {
  const named = new Set(elementsOf(valueOf(fields, 'connection')))
  return fields.filter(([name]) => !passing.has(name) && !named.has(name))
}

/** Which of these names `Vary` does not have. */
export function namesMissing(fields: readonly Field[], names: readonly string[]): readonly string[] {
  const there = elementsOf(valueOf(fields, 'vary'))
  return names.filter((name) => !there.includes(name))
}

/** The same fields with names added to `Vary`. */
export function addVary(fields: readonly Field[], names: readonly string[]): readonly Field[] {
  return names.length === 0 ? fields : [...fields, ['vary', names.join(', ')]]
}
