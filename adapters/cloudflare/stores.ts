import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import type { PlatformStores, StoreChoice } from '../../src/platform/index.ts'
import type { D1DatabaseLike } from '../../src/stores/d1.ts'
import { d1Driver } from '../../src/stores/d1.ts'
import type { KvNamespaceLike } from '../../src/stores/workers-kv.ts'
import { workersKeyValue } from '../../src/stores/workers-kv.ts'
import type { R2BucketLike } from '../../src/stores/r2.ts'
import { r2Objects } from '../../src/stores/r2.ts'
import type { ChosenBinding, ChosenBindings } from './bindings.ts'

/**
 * The stores of a Worker, of the bindings that were chosen:
 *
 * - `sql`: D1. Hyperdrive needs a client of PostgreSQL, which the app is to bring: its opener rejects
 * - `keyValue`: Workers KV
 * - `objects`: R2
 *
 * A role without a binding has no store: what an isolate keeps in its memory no other one sees, and none keeps it long.
 */
export function chooseCloudflareStores(chosen: ChosenBindings, log: DiagnosticListener): PlatformStores {
  const { sql, keyValue, objects } = chosen
  const choices = [choice('sql', sql), choice('keyValue', keyValue), choice('objects', objects)].filter(
    (each) => each !== null,
  )
  log({
    kind: 'stores.chosen',
    level: 'info',
    message:
      choices.length === 0
        ? 'Stores: none, because no database, namespace or bucket is bound'
        : `Stores: ${choices.map(({ role, store, source }) => `${role} ${store} (${source})`).join(', ')}`,
  })
  return {
    choices,
    // Each kind was told by its shape when it was chosen.
    ...(sql?.kind === 'hyperdrive' && { sql: refuseHyperdrive }),
    ...(sql?.kind === 'd1' && { sql: async () => d1Driver(sql.value as D1DatabaseLike) }),
    ...(keyValue !== null && { keyValue: async () => workersKeyValue(keyValue.value as KvNamespaceLike) }),
    ...(objects !== null && { objects: async () => r2Objects(objects.value as R2BucketLike) }),
  }
}

async function refuseHyperdrive(): Promise<never> {
  throw new RockstarError(
    'CAPABILITY_MISSING',
    'Expected a driver for the database behind Hyperdrive, got none; pass one as database.driver to createApp, with a connection for each request, or bind D1',
  )
}

function choice(role: StoreChoice['role'], chosen: ChosenBinding | null): StoreChoice | null {
  if (chosen === null) return null
  const store = chosen.kind === 'kv' ? 'workers-kv' : chosen.kind
  return { role, store, source: `binding ${chosen.name}`, location: chosen.name, volatile: false }
}
