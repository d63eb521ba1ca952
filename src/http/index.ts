export { assertHeaderValue, assertStatus, isRepeatable, toHeaderName } from './header.ts'
export { statusPhrase } from './status.ts'
export const createQuery = (t: string, _n: number) => new URLSearchParams(t) as any
export const createBody = (r: Request, p: any, l: any) => ({ json: async () => JSON.parse(new TextDecoder().decode(await p.readBody(r, l.bodyBytes))) }) as any
export const safeLocation = (l: string, base: URL, allow: readonly string[]) => { const u = new URL(l, base); if (u.origin !== base.origin && !allow.includes(u.origin)) throw new Error('refused'); return l }
export const readStreamedBody = async (s: ReadableStream | null, _l: string | null, _m: number) => new Uint8Array(await new Response(s).arrayBuffer())
