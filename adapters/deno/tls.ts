import { RockstarError } from '../../src/errors/index.ts'
import type { DenoApi } from './deno.ts'
import type { Certificate } from './options.ts'

/** Reads a certificate and its key. `TLS_INVALID` names the one that cannot be read. */
export async function readCertificate(
  deno: DenoApi,
  { cert, key }: Certificate,
): Promise<{ readonly cert: string; readonly key: string }> {
  return { cert: await readPem(deno, 'tls.cert', cert), key: await readPem(deno, 'tls.key', key) }
}

async function readPem(deno: DenoApi, name: string, given: string | Uint8Array): Promise<string> {
  const text = typeof given === 'string' ? given : new TextDecoder().decode(given)
  if (text.includes('-----BEGIN ')) return text
  if (typeof given !== 'string') throw invalid(name, 'its bytes are none')
  try {
    return await deno.readTextFile(given)
  } catch (error) {
    throw invalid(name, error instanceof Error ? error.message : String(error), error)
  }
}

function invalid(name: string, reason: string, cause?: unknown): RockstarError {
  return new RockstarError(
    'TLS_INVALID',
    `Expected PEM or the path of a PEM file in ${name}: ${reason.slice(0, 200)}`,
    { cause },
  )
}
