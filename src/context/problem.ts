import type { ProblemOptions } from './contract.ts'
import type { Environment } from './environment.ts'

/** The text of problem details (RFC 9457 §3). A string stands for `detail`. */
export function problemText(
  status: number,
  options: ProblemOptions | string,
  phraseOf: Environment['phraseOf'],
): string {
  const given: ProblemOptions = typeof options === 'string' ? { detail: options } : options
  return JSON.stringify({
    ...given.extensions,
    type: given.type ?? 'about:blank',
    title: given.title ?? phraseOf?.(status),
    status,
    detail: given.detail,
    instance: given.instance,
  })
}
