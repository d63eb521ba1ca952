import type { ByteWriter } from './byte-writer.ts'
import type { QuicAddress } from './contract.ts'
import type { Http3Error } from './error-code.ts'
import type { Exchange } from './exchange.ts'
import type { BodyBudget } from './request-body.ts'

/** What a request stream needs of its connection. */
export interface RequestOwner extends BodyBudget {
  readonly writer: ByteWriter
  readonly remote: QuicAddress
  readonly allowsExtendedConnect: boolean
  readonly maxPeerSectionBytes: number
  /** Milliseconds that never go back. */
  now(): number
  /** Counts what has no effect; throws when there is too much of it. */
  takeNoise(count: number): void
  /** Counts a request that its client gave up or spoiled. */
  onSpoiled(): void
  onRequest(exchange: Exchange): void
  /** The stream and the exchange that it had are over. */
  onOver(id: number, exchange: Exchange | null): void
  onFailure(error: unknown): void
  endConnection(error: Http3Error): void
}
