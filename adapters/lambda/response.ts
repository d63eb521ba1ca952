import { RockstarError } from '../../src/errors/index.ts'
import { isRepeatable } from '../../src/http/index.ts'
import type { HeaderList, ResponseBody } from '../../src/platform/index.ts'
import { pairsOf } from '../../src/platform/index.ts'
import { asNative, delegate, linkLater } from './natives.ts'

/** What is to be sent. */
export interface Captured {
  readonly body: ResponseBody
  readonly status: number
  readonly headers: HeaderList
}

/** The members that only the native response has. */
const nativeMembers =
  'arrayBuffer blob body bodyUsed bytes clone formData headers json redirected text textStream type url'.split(
    ' ',
  )

/** A `Response` that remembers what it was made of. A native one is made when somebody asks for what only it has. */
export class LambdaResponse {
  static {
    Object.defineProperty(this.prototype, asNative, { value: LambdaResponse.#giveNative })
    delegate(this.prototype, nativeMembers)
    linkLater(this.prototype, 'Response')
  }

  readonly #body: ResponseBody
  readonly #status: number
  #headers: HeaderList
  #native: Response | null = null

  constructor(body: ResponseBody, status: number, headers: HeaderList) {
    this.#body = body
    this.#status = status
    this.#headers = headers
  }

  get status(): number {
    return this.#status
  }

  get statusText(): string {
    return ''
  }

  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299
  }

  /** See `AmendableResponse`. */
  amend(fields: HeaderList): void {
    if (this.#native === null) {
      this.#headers = amendList(this.#headers, fields)
      return
    }
    for (const [name, value] of pairsOf(fields))
      this.#native.headers[isRepeatable(name) ? 'append' : 'set'](name, value)
  }

  /** What is to be sent. Throws `BODY_USED` when somebody has read the body. */
  capture(): Captured {
    const native = this.#native
    if (native === null) return { body: this.#body, status: this.#status, headers: this.#headers }
    return captureNative(native)
  }

  get [Symbol.toStringTag](): string {
    return 'Response'
  }

  static #giveNative(this: LambdaResponse): Response {
    this.#native ??= new Response(this.#body, { status: this.#status, headers: pairsOf(this.#headers) })
    return this.#native
  }
}

/** Makes a response that is cheap to send. */
export function createLambdaResponse(body: ResponseBody, status: number, headers: HeaderList): Response {
  // The class has every member of the interface, partly by `delegate`: proven by a test over the native prototype.
  return new LambdaResponse(body, status, headers) as unknown as Response
}

/** What is to be sent of any response. Throws `BODY_USED` when somebody has read its body. */
export function capture(response: Response): Captured {
  return response instanceof LambdaResponse ? response.capture() : captureNative(response)
}

function captureNative(response: Response): Captured {
  if (response.bodyUsed || response.body?.locked === true)
    throw new RockstarError(
      'BODY_USED',
      'Expected a response whose body was not read; clone it before reading',
    )
  const headers: string[] = []
  // Those of a third party need not be in lower case.
  for (const [name, value] of response.headers) headers.push(name.toLowerCase(), value)
  return { body: response.body, status: response.status, headers }
}

/** A new list in which each field replaces those of its name, or joins them where it may repeat. */
function amendList(list: HeaderList, fields: HeaderList): HeaderList {
  let amended = [...list]
  for (const [name, value] of pairsOf(fields)) {
    if (!isRepeatable(name)) amended = amended.filter((_, index, all) => all[index - (index % 2)] !== name)
    amended.push(name, value)
  }
  return amended
}
