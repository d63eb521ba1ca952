import type { Clock } from '../platform/contract.ts'

/** A load that is under way in this process. */
export interface Flight<Value> {
  readonly outcome: Promise<Value>
  /** The request that began it, if one did. */
  readonly leader: AbortSignal | null
  /** Does nobody wait for it but by chance? */
  readonly isRefresh: boolean
  /** Was what it loads written since it began? Then it is not kept. */
  isStale: boolean
}

/** The loads of this process, at most one of each key that others may join. */
export interface Flights<Value> {
  get(key: string): Flight<Value> | undefined
  /** Begins a load. Another one of the key, which nobody could join, is forgotten, not ended. */
  begin(
    key: string,
    by: Pick<Flight<Value>, 'leader' | 'isRefresh'>,
    load: (flight: Flight<Value>) => Promise<Value>,
  ): Flight<Value>
  /** Lets nobody join the loads of these keys, and keeps nothing of them: they were written meanwhile. */
  supersede(keys: readonly string[]): void
  /** Lets nobody join what is under way: something that any of it may count on was invalidated. */
  detachAll(): void
  /** Is a key left alone, because its load failed a moment ago? */
  isHeldOff(key: string): boolean
  holdOff(key: string): void
}

/** How long a load that failed is not tried again as long as an old value can stand in, in milliseconds. */
const holdOffMs = 1000
/** Most keys that are held off. */
const maxHeldOff = 1000

/** Makes an empty set of loads. */
export function createFlights<Value>(clock: Clock): Flights<Value> {
  const flights = new Map<string, Flight<Value>>()
  const heldOff = new Map<string, number>()

  return {
    get: (key) => flights.get(key),
    begin(key, { leader, isRefresh }, load) {
      const settled = Promise.withResolvers<Value>()
      const flight: Flight<Value> = { outcome: settled.promise, leader, isRefresh, isStale: false }
      flights.set(key, flight)
      const end = (): void => {
        if (flights.get(key) === flight) flights.delete(key)
      }
      load(flight).then(
        (value) => {
          end()
          settled.resolve(value)
        },
        (error: unknown) => {
          end()
          settled.reject(error)
        },
      )
      return flight
    },
    supersede(keys) {
      for (const key of keys) {
        const flight = flights.get(key)
        if (flight !== undefined) flight.isStale = true
        flights.delete(key)
      }
    },
    detachAll: () => flights.clear(),
    isHeldOff(key) {
      const untilMs = heldOff.get(key)
      if (untilMs === undefined) return false
      if (clock.monotonic() < untilMs) return true
      heldOff.delete(key)
      return false
    },
    holdOff(key) {
      heldOff.delete(key)
      const [oldest] = heldOff.keys()
      if (heldOff.size >= maxHeldOff && oldest !== undefined) heldOff.delete(oldest)
      heldOff.set(key, clock.monotonic() + holdOffMs)
    },
  }
}
