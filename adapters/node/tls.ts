import { readFile } from 'node:fs/promises'
import type { SecureContext, TlsOptions as NodeTlsOptions } from 'node:tls'
import { createSecureContext } from 'node:tls'
import { RockstarError } from '../../src/errors/index.ts'
import type { Certificate, TlsOptions } from './options.ts'

/** Certificates as they are now; a reload replaces the whole. */
export interface TlsContexts {
  /** What the listening socket takes. */
  readonly defaults: NodeTlsOptions
  /** The context for a host name, or null for the default one. */
  find(servername: string): SecureContext | null
}

/** Reads all certificates. `TLS_INVALID` names the one that cannot be used. */
export async function loadTls(options: TlsOptions): Promise<TlsContexts> {
  const minVersion = options.minVersion ?? 'TLSv1.2'
  const main = await loadCertificate('tls', options)
  const clientCa =
    options.clientCa === undefined ? undefined : await readPem('tls.clientCa', options.clientCa)
  const defaults: NodeTlsOptions = {
    ...main,
    minVersion,
    ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
  }
  assertUsable('tls', defaults)
  const hosts = new Map<string, SecureContext>()
  for (const [name, certificate] of Object.entries(options.hosts ?? {})) {
    const loaded = {
      ...(await loadCertificate(`tls.hosts.${name}`, certificate)),
      minVersion,
      ...(clientCa === undefined ? {} : { ca: clientCa }),
    }
    hosts.set(name.toLowerCase(), assertUsable(`tls.hosts.${name}`, loaded))
  }
  return {
    defaults,
    find(servername: string): SecureContext | null {
      const name = servername.toLowerCase()
      return hosts.get(name) ?? hosts.get(`*${name.slice(name.indexOf('.'))}`) ?? null
    },
  }
}

async function loadCertificate(
  key: string,
  { cert, key: secret, passphrase }: Certificate,
): Promise<NodeTlsOptions> {
  const [certPem, keyPem] = await Promise.all([readPem(`${key}.cert`, cert), readPem(`${key}.key`, secret)])
  return { cert: certPem, key: keyPem, ...(passphrase === undefined ? {} : { passphrase }) }
}

/** Text that holds PEM is PEM; other text is a path. */
async function readPem(key: string, value: string | Uint8Array): Promise<string | Buffer> {
  if (typeof value !== 'string') return Buffer.from(value)
  if (value.includes('-----BEGIN')) return value
  try {
    return await readFile(value)
  } catch (error) {
    throw new RockstarError('TLS_INVALID', `${key}: expected PEM text or the path of a readable PEM file`, {
      cause: error,
    })
  }
}

function assertUsable(key: string, options: NodeTlsOptions): SecureContext {
  try {
    return createSecureContext(options)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new RockstarError(
      'TLS_INVALID',
      `${key}: expected a certificate and its key: ${reason.slice(0, 200)}`,
      { cause: error },
    )
  }
}
