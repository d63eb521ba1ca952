import { describe, expect, test } from 'vitest'
import { createKeyRing } from '../../src/crypto/index.ts'
import { createCookieJar } from '../../src/http/cookie-jar.ts'
import type { OpenCookieJar } from '../../src/http/cookie-jar.ts'

const keys = createKeyRing(['0123456789abcdef0123456789abcdef'])

function jarOf(header: string | null, secure = true): OpenCookieJar {
  return createCookieJar({ header, keys, secure, onChange: () => undefined })
}

/** The `Cookie` field that a browser would send after these changes. */
function sent(jar: OpenCookieJar): string {
  return jar
    .changes()
    .map((change) => change.split(';')[0])
    .join('; ')
}

describe('createCookieJar()', () => {
  test('reads the cookies of the request', () => {
    const jar = jarOf('a=1; b=2')
    expect(jar.get('a')).toBe('1')
    expect(jar.get('c')).toBeNull()
    expect([...jar.getAll().keys()]).toEqual(['a', 'b'])
  })

  test('reads nothing before it is asked: an answer can be made to a field over the bound', () => {
    const jar = jarOf('a=1;'.repeat(262_144))
    jar.set('b', '2')
    expect(jar.changes()).toHaveLength(1)
    expect(() => jar.get('a')).toThrow(expect.objectContaining({ status: 431 }))
  })

  test('does not see what was set in this request', () => {
    const jar = jarOf('a=1')
    jar.set('a', '2')
    expect(jar.get('a')).toBe('1')
  })

  test('keeps changes in order, the last of a name counting', () => {
    const jar = jarOf(null)
    jar.set('a', '1')
    jar.set('b', '2')
    jar.set('a', '3')
    expect(sent(jar)).toBe('a=3; b=2')
  })

  test('keeps one name under two paths apart', () => {
    const jar = jarOf(null)
    jar.set('a', '1')
    jar.set('a', '2', { path: '/app' })
    expect(jar.changes()).toHaveLength(2)
  })

  test('replaces what is the same domain to a browser', () => {
    const jar = jarOf(null)
    jar.set('a', '1', { domain: 'example.com' })
    jar.set('a', '2', { domain: '.Example.com' })
    expect(sent(jar)).toBe('a=2')
  })

  test('deletes by an age of 0', () => {
    const jar = jarOf('a=1')
    jar.delete('a', { path: '/app', maxAgeSeconds: 60 })
    expect(jar.changes()).toEqual(['a=; Path=/app; Max-Age=0; HttpOnly; Secure; SameSite=Lax'])
  })

  test('tells once that there are changes, and not of one that was refused', () => {
    let calls = 0
    const jar = createCookieJar({ header: null, keys, secure: true, onChange: () => void calls++ })
    expect(() => jar.set('a b', '1')).toThrow(expect.objectContaining({ code: 'COOKIE_INVALID' }))
    expect(calls).toBe(0)
    jar.set('a', '1')
    jar.set('b', '1')
    expect(calls).toBe(1)
  })

  test('leaves Secure away on plain HTTP to this machine', () => {
    const jar = jarOf(null, false)
    jar.set('a', '1')
    expect(jar.changes()).toEqual(['a=1; Path=/; HttpOnly; SameSite=Lax'])
  })

  test('keeps Secure there for a cookie that needs it', () => {
    const jar = jarOf(null, false)
    jar.set('__Host-a', '1')
    jar.set('b', '1', { sameSite: 'none' })
    expect(jar.changes().every((change) => change.includes('; Secure'))).toBe(true)
  })

  test('obeys a secure that is named', () => {
    const jar = jarOf(null)
    jar.set('a', '1', { secure: false })
    expect(jar.changes()).toEqual(['a=1; Path=/; HttpOnly; SameSite=Lax'])
  })
})

describe.each([
  ['signed', 'setSigned', 'getSigned'],
  ['sealed', 'setSealed', 'getSealed'],
] as const)('createCookieJar(), %s', (kind, set, get) => {
  test.each(['user=42', '', 'naïve €uro 𝄞; \r\n'])('gives %j back', async (value) => {
    const jar = jarOf(null)
    await jar[set]('a', value)
    expect(await jarOf(sent(jar))[get]('a')).toBe(value)
  })

  test('is null for a cookie that is not there', async () => {
    expect(await jarOf(null)[get]('a')).toBeNull()
  })

  test('is null for a plain cookie', async () => {
    expect(await jarOf('a=user=42')[get]('a')).toBeNull()
  })

  test('is null for the value of another cookie', async () => {
    const jar = jarOf(null)
    await jar[set]('guest', 'admin')
    expect(await jarOf(sent(jar).replace('guest=', 'user='))[get]('user')).toBeNull()
  })

  test('is null for one of the other kind', async () => {
    const jar = jarOf(null)
    await (kind === 'signed' ? jar.setSealed('a', 'x') : jar.setSigned('a', 'x'))
    expect(await jarOf(sent(jar))[get]('a')).toBeNull()
  })

  test('is null for one of another secret', async () => {
    const jar = jarOf(null)
    await jar[set]('a', 'x')
    const other = createKeyRing(['fedcba9876543210fedcba9876543210'])
    const reader = createCookieJar({
      header: sent(jar),
      keys: other,
      secure: true,
      onChange: () => undefined,
    })
    expect(await reader[get]('a')).toBeNull()
  })

  test('needs secrets, even for a cookie that is not there', async () => {
    const jar = createCookieJar({ header: null, keys: null, secure: true, onChange: () => undefined })
    await expect(jar[get]('a')).rejects.toMatchObject({ code: 'SECRET_MISSING' })
    await expect(jar[set]('a', 'x')).rejects.toMatchObject({ code: 'SECRET_MISSING' })
    expect(jar.changes()).toEqual([])
  })
})

describe('createCookieJar(), sealed', () => {
  test('hides the value', async () => {
    const jar = jarOf(null)
    await jar.setSealed('a', 'confidential')
    const [bytes = ''] = [sent(jar).slice(2)]
    expect(atob(bytes.replaceAll('-', '+').replaceAll('_', '/'))).not.toContain('confidential')
  })
})
