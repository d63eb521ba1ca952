// Generated from sql/ by tools/statements.ts. Change the .sql file, then run it again.

/** What each statement of the framework takes and gives. */
export interface StatementShapes {
  /** Writes into the journal that a migration has run. */
  readonly 'add-migration': {
    readonly params: {
      /** `0001-notes` */
      readonly name: string
      /** SHA-256 of the script, as hexadecimal digits */
      readonly checksum: string
      /** Milliseconds since the Unix epoch */
      readonly applied_at: number | bigint
    }
    readonly rows: 'none'
    readonly row: never
  }
  /** Makes the journal of migrations, unless it is there. */
  readonly 'create-migration-journal': {
    readonly params: Readonly<Record<never, never>>
    readonly rows: 'none'
    readonly row: never
  }
  /** Makes the table of the migration lock, unless it is there. It has one row while someone migrates. */
  readonly 'create-migration-lock': {
    readonly params: Readonly<Record<never, never>>
    readonly rows: 'none'
    readonly row: never
  }
  /** Holds the migration lock longer. Changes no row if somebody else has taken it over. */
  readonly 'extend-migration-lock': {
    readonly params: {
      /** Who holds it */
      readonly owner: string
      /** Until when, in milliseconds since the Unix epoch */
      readonly expires_at: number | bigint
    }
    readonly rows: 'none'
    readonly row: never
  }
  /** Finds the journal of migrations, so that a dry run need not make it. */
  readonly 'find-migration-journal': {
    readonly params: Readonly<Record<never, never>>
    readonly rows: 'one'
    readonly row: {
      /** The table's name */
      readonly name: string
    }
  }
  /** Gives the migration lock back. */
  readonly 'free-migration-lock': {
    readonly params: {
      /** Who holds it */
      readonly owner: string
    }
    readonly rows: 'none'
    readonly row: never
  }
  /** Lists the migrations that have run, oldest first. */
  readonly 'list-migrations': {
    readonly params: {
      /** Most rows */
      readonly limit: number | bigint
    }
    readonly rows: 'many'
    readonly row: {
      /** `0001-notes` */
      readonly name: string
      /** SHA-256 of the script, as hexadecimal digits */
      readonly checksum: string
      /** Milliseconds since the Unix epoch */
      readonly applied_at: number | bigint
    }
  }
  /** Takes a migration out of the journal after it was undone. */
  readonly 'remove-migration': {
    readonly params: {
      /** `0001-notes` */
      readonly name: string
    }
    readonly rows: 'none'
    readonly row: never
  }
  /** Takes the migration lock. Changes a row if it was free, had expired, or is the owner's already; else none. */
  readonly 'take-migration-lock': {
    readonly params: {
      /** Who takes it, unlike everybody else */
      readonly owner: string
      /** Milliseconds since the Unix epoch */
      readonly now: number | bigint
      /** Until when, in milliseconds since the Unix epoch */
      readonly expires_at: number | bigint
    }
    readonly rows: 'none'
    readonly row: never
  }
}

/** The framework's own statements. */
export type StatementName = keyof StatementShapes
