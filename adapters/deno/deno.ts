/** An address of TCP or of a Unix socket, as Deno tells it. */
export interface DenoAddress {
  readonly transport: string
  readonly hostname?: string
  readonly port?: number
  readonly path?: string
}

/** What Deno tells of a request besides the request. */
export interface DenoServeInfo {
  readonly remoteAddr: DenoAddress
  /** Settles when the answer has been sent, or cannot be. */
  readonly completed: Promise<void>
}

/** What `Deno.serve` takes of our own options. */
export interface DenoServeOptions {
  readonly port?: number
  readonly hostname?: string
  readonly path?: string
  readonly cert?: string
  readonly key?: string
  readonly onListen: () => void
  readonly onError: (error: unknown) => Response
}

/** A server that listens. */
export interface DenoHttpServer {
  readonly addr: DenoAddress
  readonly finished: Promise<void>
  shutdown(): Promise<void>
}

/** Takes the requests of a server. */
export type DenoHandler = (request: Request, info: DenoServeInfo) => Response | Promise<Response>

/** A permission that can be asked about. */
export type DenoPermission =
  | { readonly name: 'env'; readonly variable?: string }
  | { readonly name: 'read' | 'write'; readonly path?: string }
  | { readonly name: 'ffi' | 'sys' }

/** Deno's side of an accepted WebSocket. */
export interface DenoSocket {
  binaryType: string
  /** 1 is open. */
  readonly readyState: number
  readonly bufferedAmount: number
  send(message: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null
  onerror: ((event: { preventDefault(): void }) => void) | null
}

/** The part of Deno's global that the adapter uses. */
export interface DenoApi {
  readonly build: { readonly os: string }
  readonly env: { get(name: string): string | undefined; toObject(): Record<string, string> }
  readonly permissions: { querySync(permission: DenoPermission): { readonly state: string } }
  readonly stderr: { writeSync(bytes: Uint8Array): number; isTerminal(): boolean }
  serve(options: DenoServeOptions, handler: DenoHandler): DenoHttpServer
  upgradeWebSocket(
    request: Request,
    options: { readonly protocol: string },
  ): { readonly socket: DenoSocket; readonly response: Response }
  /** Only with the flag `--unstable-kv`. */
  readonly openKv?: (path?: string) => Promise<unknown>
  readTextFile(path: string): Promise<string>
  lstat(path: string): Promise<{ readonly isSocket: boolean | null }>
  remove(path: string): Promise<void>
  chmod(path: string, mode: number): Promise<void>
  mkdir(path: string, options: { readonly recursive: boolean }): Promise<void>
  connect(options: { readonly transport: 'unix'; readonly path: string }): Promise<{ close(): void }>
  addSignalListener(signal: DenoSignal, listener: () => void): void
  removeSignalListener(signal: DenoSignal, listener: () => void): void
  exit(code: number): never
}

export type DenoSignal = 'SIGTERM' | 'SIGINT'

/** Deno itself. `TypeError` on another runtime. */
export function requireDeno(): DenoApi {
  const api: unknown = Reflect.get(globalThis, 'Deno')
  if (typeof api === 'object' && api !== null && 'serve' in api)
    // It has `serve`, so that it is Deno 1.35 or later, which has the rest; what a flag brings is optional above.
    return api as DenoApi
  throw new TypeError(
    'Expected to run on Deno, its global is not there; use the adapter of this runtime, such as rockstar-web/node',
  )
}

/** Is it allowed, without asking anybody? */
export function isPermitted(deno: DenoApi, permission: DenoPermission): boolean {
  return deno.permissions.querySync(permission).state === 'granted'
}
