/** Who signs, and for which region. */
export interface SigningKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials, which a function has; null for lasting ones. */
  readonly sessionToken: string | null
  readonly region: string
}

/** A request to be signed. */
export interface UnsignedRequest {
  readonly method: string
  /** Without a query. */
  readonly url: URL
  readonly body: Uint8Array<ArrayBuffer>
  /** The service that is asked: `execute-api`. */
  readonly service: string
  /** Milliseconds since the Unix epoch; AWS refuses what is more than five minutes off. */
  readonly now: number
}

type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()
const algorithm = 'AWS4-HMAC-SHA256'

/** The header fields that sign a request by Signature Version 4: `authorization`, `x-amz-date`, and the session token. */
export async function signRequest(
  { method, url, body, service, now }: UnsignedRequest,
  { accessKeyId, secretAccessKey, sessionToken, region }: SigningKeys,
): Promise<Record<string, string>> {
  const at = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = at.slice(0, 8)
  const fields: Record<string, string> = { host: url.host, 'x-amz-date': at }
  if (sessionToken !== null) fields['x-amz-security-token'] = sessionToken
  const names = Object.keys(fields).toSorted()
  const canonical = [
    method,
    canonicalPath(url.pathname),
    '',
    ...names.map((name) => `${name}:${fields[name]}`),
    '',
    names.join(';'),
    toHex(await crypto.subtle.digest('SHA-256', body)),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const toSign = [
    algorithm,
    at,
    scope,
    toHex(await crypto.subtle.digest('SHA-256', encoder.encode(canonical))),
  ].join('\n')
  let key = encoder.encode(`AWS4${secretAccessKey}`)
  for (const part of [day, region, service, 'aws4_request']) key = await hmac(key, part)
  const signature = toHex(await hmac(key, toSign))
  const { host: _, ...sent } = fields
  return {
    ...sent,
    authorization: `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  }
}

/** Each segment is encoded once more than it is on the wire, as all services but S3 want it. */
function canonicalPath(path: string): string {
  return path
    .split('/')
    .map((segment) => encodeURIComponent(segment).replace(/[!'()*]/g, encodeByte))
    .join('/')
}

function encodeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

async function hmac(key: Bytes, text: string): Promise<Bytes> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, encoder.encode(text)))
}

function toHex(bytes: ArrayBuffer | Bytes): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
