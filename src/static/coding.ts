import type { FileCoding } from './contract.ts'

/** What a file in this coding has at the end of its name. */
export const codingSuffixes: Readonly<Record<FileCoding, string>> = { br: '.br', zstd: '.zst', gzip: '.gz' }

/** Below any weight that a field can express. */
const smallestWeight = 1e-9

/** Most elements of `Accept-Encoding` that are read. */
const maxElements = 50

/**
 * The codings of `offered` that `Accept-Encoding` takes (RFC 9110 §12.5.3), the highest weight first, among equals in
 * the order of the offer. Null stands for the plain file. It is always among them: a client that refuses it gets it in
 * the end all the same, as RFC 9110 §12.1 allows, since it can do more with that than with a 406.
 */
export function acceptedCodings(
  value: string | null,
  offered: readonly FileCoding[],
): readonly (FileCoding | null)[] {
  if (value === null) return [null]
  const weights = parseWeights(value)
  const others = weights.get('*') ?? 0
  const plain = weights.get('identity') ?? smallestWeight
  const wanted: { readonly coding: FileCoding | null; readonly weight: number }[] = offered.map((coding) => ({
    coding,
    weight: weights.get(coding) ?? (coding === 'gzip' ? weights.get('x-gzip') : undefined) ?? others,
  }))
  wanted.push({ coding: null, weight: Math.max(plain, smallestWeight) })
  return wanted
    .filter(({ weight }) => weight > 0)
    .toSorted((left, right) => right.weight - left.weight)
    .map(({ coding }) => coding)
}

function parseWeights(value: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const element of value.split(',', maxElements)) {
    const [name = '', ...parameters] = element.split(';')
    const coding = name.trim().toLowerCase()
    if (coding !== '') weights.set(coding, weightOf(parameters))
  }
  return weights
}

/** RFC 9110 §12.4.2. What is no weight refuses: to send what a client cannot read is worse than to send more. */
function weightOf(parameters: readonly string[]): number {
  if (parameters.length === 0) return 1
  const match = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i.exec((parameters[0] ?? '').trim())
  return parameters.length === 1 && match !== null ? Number(match[1]) : 0
}
