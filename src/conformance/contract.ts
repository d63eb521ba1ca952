import type { SqlDriver } from '../stores/contract.ts'

/** One behaviour that a contract demands, as data, so that any test runner of any runtime can run it. */
export interface ConformanceCase<Subject> {
  /** What holds, as a sentence. Unique in its suite. */
  readonly name: string
  /** Capabilities without which the case does not apply. */
  readonly needs?: readonly string[]
  /** Rejects when the subject does not behave. */
  run(subject: Subject): Promise<void>
  /** Shows that a subject that lacks one of `needs` refuses. Without it the case is skipped then. */
  refuses?(subject: Subject): Promise<void>
}

/** All cases of one contract. Each gets a subject of its own, empty and open. */
export interface ConformanceSuite<Subject> {
  readonly name: string
  readonly cases: readonly ConformanceCase<Subject>[]
}

/** How a case went; one that failed rejects instead. */
export interface ConformanceOutcome {
  /** `passed`: it behaves. `refused`: it lacks the capability and says so. `skipped`: it lacks it, and no more is to be shown. */
  readonly kind: 'passed' | 'refused' | 'skipped'
  /** Capabilities that the subject lacks. */
  readonly missing: readonly string[]
}

/** A SQL driver on trial. The cases make and drop tables whose names begin with `conformance_`. */
export interface SqlSubject {
  readonly driver: SqlDriver
}
