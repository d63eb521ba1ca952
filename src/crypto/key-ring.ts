import { RockstarError } from '../errors/index.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import type { KeyRing } from './contract.ts'

const minSecretBytes = 32
const maxCachedKeys = 256
const keyIdBytes = 4
const nonceBytes = 12
const version = 1
const encoder = new TextEncoder()

/** One secret, and what is derived from it. */
interface Secret {
  /** Says which secret made a value, and nothing about the secret. */
  readonly id: Uint8Array<ArrayBuffer>
  readonly material: CryptoKey
}

/**
 * Makes a key ring of secrets, the current one first. Keys are derived by HKDF-SHA-256 (RFC 5869), one per purpose, on
 * first use. `SECRET_MISSING` for an empty list or a secret of less than 32 bytes.
 */
export function createKeyRing(secrets: readonly string[]): KeyRing {
  if (secrets.length === 0)
    throw new RockstarError('SECRET_MISSING', 'Expected at least one secret, got none')
  const weak = secrets.findIndex(
    (secret) => encoder.encode(secret).length < minSecretBytes || new Set(secret).size < 8,
  )
  if (weak !== -1) {
    throw new RockstarError(
      'SECRET_MISSING',
      `Expected secrets of at least ${minSecretBytes} random bytes, number ${weak + 1} is weaker; generate a new one`,
    )
  }
  return new DerivedKeyRing(secrets)
}

class DerivedKeyRing implements KeyRing {
  readonly #texts: readonly string[]
  readonly #loading: Promise<Secret>[] = []
  readonly #keys = new Map<string, Promise<CryptoKey>>()

  constructor(secrets: readonly string[]) {
    this.#texts = [...secrets]
  }

  async sign(purpose: string, value: string): Promise<string> {
    const secret = await this.#current()
    const payload = encodeBase64url(encoder.encode(value))
    const id = encodeBase64url(secret.id)
    const key = await this.#key(secret, 'sign', purpose)
    const signature = await crypto.subtle.sign('HMAC', key, encoder.encode(`${id}.${payload}`))
    return `${id}.${payload}.${encodeBase64url(new Uint8Array(signature))}`
  }

  async verify(purpose: string, text: string): Promise<string | null> {
    const [id = '', payload = '', mac = '', ...more] = text.split('.', 4)
    const signature = decodeBase64url(mac)
    const value = decodeBase64url(payload)
    const secret = await this.#byId(decodeBase64url(id))
    if (signature === null || value === null || secret === null || more.length > 0) return null
    const key = await this.#key(secret, 'sign', purpose)
    // WebCrypto compares in constant time.
    const valid = await crypto.subtle.verify('HMAC', key, signature, encoder.encode(`${id}.${payload}`))
    return valid ? decodeText(value) : null
  }

  async seal(purpose: string, value: string): Promise<string> {
    const secret = await this.#current()
    const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes))
    const head = concat(new Uint8Array([version]), secret.id, nonce)
    const key = await this.#key(secret, 'seal', purpose)
    const algorithm = { name: 'AES-GCM', iv: nonce, additionalData: concat(head, encoder.encode(purpose)) }
    const sealed = await crypto.subtle.encrypt(algorithm, key, encoder.encode(value))
    return encodeBase64url(concat(head, new Uint8Array(sealed)))
  }

  async open(purpose: string, text: string): Promise<string | null> {
    const bytes = decodeBase64url(text)
    const headBytes = 1 + keyIdBytes + nonceBytes
    if (bytes === null || bytes.length < headBytes + 16 || bytes[0] !== version) return null
    const secret = await this.#byId(bytes.slice(1, 1 + keyIdBytes))
    if (secret === null) return null
    const head = bytes.slice(0, headBytes)
    const key = await this.#key(secret, 'seal', purpose)
    const algorithm = {
      name: 'AES-GCM',
      iv: head.slice(1 + keyIdBytes),
      additionalData: concat(head, encoder.encode(purpose)),
    }
    try {
      return decodeText(new Uint8Array(await crypto.subtle.decrypt(algorithm, key, bytes.slice(headBytes))))
    } catch {
      return null
    }
  }

  #secrets(): readonly Promise<Secret>[] {
    if (this.#loading.length === 0) this.#loading.push(...this.#texts.map(loadSecret))
    return this.#loading
  }

  async #current(): Promise<Secret> {
    const [first] = await Promise.all(this.#secrets())
    if (first === undefined)
      throw new RockstarError('SECRET_MISSING', 'Expected at least one secret, got none')
    return first
  }

  async #byId(id: Uint8Array | null): Promise<Secret | null> {
    if (id === null || id.length !== keyIdBytes) return null
    const secrets = await Promise.all(this.#secrets())
    return secrets.find((secret) => secret.id.every((byte, index) => byte === id[index])) ?? null
  }

  #key(secret: Secret, use: 'sign' | 'seal', purpose: string): Promise<CryptoKey> {
    const name = `${encodeBase64url(secret.id)} ${use} ${purpose}`
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    const derived = deriveKey(secret.material, use, purpose)
    if (this.#keys.size >= maxCachedKeys) this.#keys.clear()
    this.#keys.set(name, derived)
    return derived
  }
}

async function loadSecret(text: string): Promise<Secret> {
  const material = await crypto.subtle.importKey('raw', encoder.encode(text), 'HKDF', false, [
    'deriveBits',
    'deriveKey',
  ])
  const id = await crypto.subtle.deriveBits(hkdf('id', ''), material, keyIdBytes * 8)
  return { id: new Uint8Array(id), material }
}

function deriveKey(material: CryptoKey, use: 'sign' | 'seal', purpose: string): Promise<CryptoKey> {
  return use === 'sign'
    ? crypto.subtle.deriveKey(
        hkdf(use, purpose),
        material,
        { name: 'HMAC', hash: 'SHA-256', length: 256 },
        false,
        ['sign', 'verify'],
      )
    : crypto.subtle.deriveKey(hkdf(use, purpose), material, { name: 'AES-GCM', length: 256 }, false, [
        'encrypt',
        'decrypt',
      ])
}

/** The salt is empty: the secrets are uniformly random already (RFC 5869 §3.1). */
function hkdf(use: string, purpose: string): HkdfParams {
  return {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(0),
    info: encoder.encode(`rockstar ${use} ${purpose}`),
  }
}

function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}
