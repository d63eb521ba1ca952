import { describe, expect, test } from 'vitest'
import { createKeyRing, decodeBase64url, encodeBase64url } from '../../src/crypto/index.ts'

const current = 'kT9mJ2vQ8xW4zR7nB5cL1pH6sD3fG0aY'
const former = 'yU8iO1pA2sD3fG4hJ5kL6zX7cV8bN9mQ'
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const ring = createKeyRing([current])

describe('createKeyRing()', () => {
  test.each([
    ['no secret', []],
    ['an empty secret', ['']],
    ['a secret of 31 bytes', ['kT9mJ2vQ8xW4zR7nB5cL1pH6sD3fG0a']],
    ['a secret of one character', ['a'.repeat(64)]],
    ['a secret of a short pattern', ['abc'.repeat(20)]],
    ['a weak one among others', [current, 'changeme']],
  ])('refuses %s', (_, secrets) => {
    expect(() => createKeyRing(secrets)).toThrow(expect.objectContaining({ code: 'SECRET_MISSING' }))
  })

  test('does not say the secret that it refuses', () => {
    expect(() => createKeyRing(['hunter2-hunter2'])).toThrow(/^(?!.*hunter2).*$/)
  })

  test('counts bytes, not characters', async () => {
    const unicode = createKeyRing(['äöüßéèêëàâîïôûçñ'])
    expect(await unicode.verify('p', await unicode.sign('p', 'x'))).toBe('x')
  })

  test('is not changed by a later change of the list', async () => {
    const secrets = [current]
    const copy = createKeyRing(secrets)
    secrets[0] = ''
    expect(await copy.verify('p', await ring.sign('p', 'x'))).toBe('x')
  })
})

describe.each([
  ['sign', 'sign', 'verify'],
  ['seal', 'seal', 'open'],
] as const)('createKeyRing().%s()', (_, make, check) => {
  test.each([
    ['text', 'user=42'],
    ['nothing', ''],
    ['Unicode', 'naïve €uro 𝄞 \u202e'],
    ['a byte order mark', '\ufeffx'],
    ['control characters', '\0\r\n\t'],
    ['dots', 'a.b.c'],
    ['100 KB', 'x'.repeat(100_000)],
  ])('makes a value of %s that opens', async (_, value) => {
    expect(await ring[check]('p', await ring[make]('p', value))).toBe(value)
  })

  test('makes text that needs no encoding in a cookie or a URL', async () => {
    expect(await ring[make]('p', 'naïve €')).toMatch(/^[\w.-]+$/)
  })

  test('opens for its purpose only', async () => {
    const text = await ring[make]('reset', 'x')
    expect(await ring[check]('login', text)).toBeNull()
    expect(await ring[check]('', text)).toBeNull()
    expect(await ring[check]('reset ', text)).toBeNull()
    expect(await ring[check]('reset', text)).toBe('x')
  })

  test('does not open what another secret made', async () => {
    expect(await createKeyRing([former])[check]('p', await ring[make]('p', 'x'))).toBeNull()
  })

  test('opens what the former secret made, and makes with the current one', async () => {
    const rotated = createKeyRing([current, former])
    expect(await rotated[check]('p', await createKeyRing([former])[make]('p', 'old'))).toBe('old')
    expect(await ring[check]('p', await rotated[make]('p', 'new'))).toBe('new')
  })

  test('does not open after the former secret is gone', async () => {
    const text = await createKeyRing([former])[make]('p', 'x')
    expect(await createKeyRing([current])[check]('p', text)).toBeNull()
  })

  test('is null when any character was changed', async () => {
    const text = await ring[make]('p', 'user=42')
    for (let index = 0; index < text.length; index++) {
      const at = alphabet.indexOf(text[index] ?? '')
      for (const replacement of [alphabet[(at + 1) % 64], alphabet[(at + 32) % 64], '.', '=', '']) {
        if (replacement === text[index]) continue
        const changed = `${text.slice(0, index)}${replacement}${text.slice(index + 1)}`
        expect(await ring[check]('p', changed)).toBeNull()
      }
    }
  })

  test('is null at every shorter length', async () => {
    const text = await ring[make]('p', 'user=42')
    for (let length = 0; length < text.length; length++) {
      expect(await ring[check]('p', text.slice(0, length))).toBeNull()
      expect(await ring[check]('p', text.slice(text.length - length))).toBeNull()
    }
  })

  test.each(['', '.', '..', '...', 'AAAA', 'AAAAAA.AAAA.AAAA', '\0', '€', '.'.repeat(100_000)])(
    'is null for %.20j',
    async (text) => {
      expect(await ring[check]('p', text)).toBeNull()
    },
  )

  test('is null when something was added', async () => {
    const text = await ring[make]('p', 'x')
    for (const added of [`${text}.`, `${text}A`, `.${text}`, `${text} `, `${text}\n`, `${text}=`]) {
      expect(await ring[check]('p', added)).toBeNull()
    }
  })

  test('works for more purposes than keys are kept', async () => {
    const text = await ring[make]('first', 'x')
    for (let index = 0; index < 300; index++) await ring[make](`purpose ${index}`, 'x')
    expect(await ring[check]('first', text)).toBe('x')
  })
})

describe('createKeyRing().sign()', () => {
  test('leaves the value readable', async () => {
    const [, payload = ''] = (await ring.sign('p', 'user=42')).split('.')
    expect(new TextDecoder().decode(decodeBase64url(payload) ?? undefined)).toBe('user=42')
  })

  test('is null when payloads of two values were swapped', async () => {
    const [id, , mac] = (await ring.sign('p', 'a')).split('.')
    const [, payload] = (await ring.sign('p', 'b')).split('.')
    expect(await ring.verify('p', `${id}.${payload}.${mac}`)).toBeNull()
  })

  test('makes nothing that open() takes', async () => {
    expect(await ring.open('p', await ring.sign('p', 'x'))).toBeNull()
  })
})

describe('createKeyRing().seal()', () => {
  test('never makes the same text twice', async () => {
    const texts = await Promise.all(Array.from({ length: 100 }, () => ring.seal('p', 'x')))
    expect(new Set(texts).size).toBe(100)
  })

  test('is null when any bit was flipped', async () => {
    const bytes = decodeBase64url(await ring.seal('p', 'x')) ?? new Uint8Array()
    expect(bytes.length).toBe(1 + 4 + 12 + 1 + 16)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(await ring.open('p', encodeBase64url(flipped))).toBeNull()
    }
  })
})
