// Runs a case of the suite inside workerd for each request: `/object?case=<name>` or `/d1?case=<name>`.
import { sqlDriverSuite } from '../../src/conformance/sql.ts'
import { d1Driver, type D1DatabaseLike } from '../../src/stores/d1.ts'
import { durableObjectDriver, type DurableObjectStorageLike } from '../../src/stores/durable-object.ts'
import { runCaseHere } from './elsewhere-run.ts'

interface Env {
  readonly DB: D1DatabaseLike
  readonly OBJECT: {
    getByName(name: string): { fetch(request: Request): Promise<Response> }
  }
}

export class SqlObject {
  readonly #storage: DurableObjectStorageLike

  constructor(ctx: { readonly storage: DurableObjectStorageLike }) {
    this.#storage = ctx.storage
  }

  async fetch(request: Request): Promise<Response> {
    const outcome = await runCaseHere(sqlDriverSuite, caseOf(request), () => {
      const driver = durableObjectDriver(this.#storage)
      return { subject: { driver }, capabilities: driver.capabilities, close: () => driver.close() }
    })
    return Response.json(outcome)
  }
}

const worker = {
  async fetch(request: Request, { DB, OBJECT }: Env): Promise<Response> {
    if (new URL(request.url).pathname === '/d1') {
      const driver = d1Driver(DB)
      const { capabilities } = driver
      const open = { subject: { driver }, capabilities, close: () => driver.close() }
      return Response.json(await runCaseHere(sqlDriverSuite, caseOf(request), () => open))
    }
    // An object of its own for each case.
    return OBJECT.getByName(caseOf(request)).fetch(request)
  },
}

export { worker as default }

function caseOf(request: Request): string {
  return new URL(request.url).searchParams.get('case') ?? ''
}
