import { describe, expect, it } from 'vitest'
import { signRequest } from '../../../adapters/lambda/sigv4.ts'

/** The credentials and the moment of AWS's test suite for Signature Version 4. */
const keys = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: null,
  region: 'us-east-1',
}
const now = Date.UTC(2015, 7, 30, 12, 36, 0)

function sign(
  method: string,
  path: string,
  sessionToken: string | null = null,
): Promise<Record<string, string>> {
  const url = new URL(`https://example.amazonaws.com${path}`)
  return signRequest(
    { method, url, body: new Uint8Array(0), service: 'service', now },
    { ...keys, sessionToken },
  )
}

describe('signRequest()', () => {
  it.each([
    ['get-vanilla', 'GET', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', 'POST', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  ])('signs %s as the test suite of AWS does', async (_name, method, signature) => {
    const { authorization } = await sign(method, '/')
    expect(authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    )
  })

  it('sends the session token and signs it', async () => {
    const headers = await sign('POST', '/', 'a-token')
    expect(headers).toMatchObject({ 'x-amz-date': '20150830T123600Z', 'x-amz-security-token': 'a-token' })
    expect(headers['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,')
  })

  it('does not name the host, which the client sends', async () => {
    expect(await sign('GET', '/')).not.toHaveProperty('host')
  })

  it('signs another path by another signature', async () => {
    const [one, two] = await Promise.all([sign('GET', '/a%3D'), sign('GET', '/a=')])
    expect(one['authorization']).not.toBe(two['authorization'])
  })
})
