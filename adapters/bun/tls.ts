import { readFile } from 'node:fs/promises'
import { RockstarError } from '../../src/errors/index.ts'
import type { BunServeOptions } from './bun.ts'
import type { Certificate } from './options.ts'

/** Reads a certificate and its key. `TLS_INVALID` names the one that cannot be read. */
export async function readCertificate({
  cert,
  key,
  passphrase,
}: Certificate): Promise<NonNullable<BunServeOptions['tls']>> {
  return {
    cert: await readPem('tls.cert', cert),
    key: await readPem('tls.key', key),
    ...(passphrase !== undefined && { passphrase }),
  }
}

async function readPem(name: string, given: string | Uint8Array): Promise<string> {
  const text = typeof given === 'string' ? given : new TextDecoder().decode(given)
  if (text.includes('-----BEGIN ')) return text
  if (typeof given !== 'string') throw invalid(name, 'its bytes are none')
  try {
    return await readFile(given, 'utf8')
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
