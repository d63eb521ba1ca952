// Drivers over real servers with no more than `sqlKeyValue` needs. What they prove is its SQL, not themselves.
import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import mysql from 'mysql2/promise'
import { Pool } from 'pg'
import { describe } from 'vitest'
import { RockstarError } from '../../../src/errors/index.ts'
import type {
  SqlCapability,
  SqlDialect,
  SqlDriver,
  SqlParameters,
  SqlResult,
  SqlRow,
  SqlValue,
} from '../../../src/stores/contract.ts'
import { createCompiler, sqlError } from '../../../src/stores/sql/index.ts'

type Run = (text: string, values: unknown[]) => Promise<SqlResult>

/** A driver over a pool in a schema of its own, in PostgreSQL. */
export async function openPostgres(): Promise<{ driver: SqlDriver; close: () => Promise<void> }> {
  const schema = `kv_${randomUUID().replaceAll('-', '')}`
  const base = { host: '127.0.0.1', user: 'postgres', database: 'postgres' }
  const pool = new Pool({ ...base, max: 8, options: `-c search_path=${schema}` })
  await pool.query(`create schema ${schema}`)
  const run: Run = async (text, values) => {
    const { rows, rowCount } = await pool.query<Record<string, unknown>>(text, values)
    return resultOf(rows, rowCount ?? 0)
  }
  return {
    driver: plainDriver('postgres', ['returning'], run, () => Promise.reject(new Error('no batch'))),
    async close() {
      await pool.query(`drop schema ${schema} cascade`)
      await pool.end()
    },
  }
}

/** A driver over a pool with a database of its own, in MariaDB. */
export async function openMysql(
  flags: string[] = [],
): Promise<{ driver: SqlDriver; close: () => Promise<void> }> {
  const database = `kv_${randomUUID().replaceAll('-', '')}`
  const admin = await mysql.createConnection({ host: '127.0.0.1', user: 'root' })
  await admin.query(`create database ${database}`)
  const pool = mysql.createPool({ host: '127.0.0.1', user: 'root', database, connectionLimit: 8, flags })
  const runOn =
    (connection: Pick<mysql.Connection, 'query'>): Run =>
    async (text, values) => {
      const [rows] = await connection.query(text, values)
      return Array.isArray(rows) ? resultOf(rows.map(Object), 0) : resultOf([], rows.affectedRows)
    }
  const compile = createCompiler('mysql')
  const driver = plainDriver('mysql', ['batch'], runOn(pool), async (statements) => {
    const connection = await pool.getConnection()
    const results: SqlResult[] = []
    try {
      await connection.beginTransaction()
      for (const { sql, params } of statements) {
        const { text, order } = compile(sql)
        results.push(await runOn(connection)(text, valuesOf(order, params)))
      }
      await connection.commit()
      return results
    } catch (error) {
      await connection.rollback()
      throw failureOf(error)
    } finally {
      connection.release()
    }
  })
  return {
    driver,
    async close() {
      await pool.end()
      await admin.query(`drop database ${database}`)
      await admin.end()
    },
  }
}

/** Tests that need a server: skipped where it does not run, except on CI. */
export async function describeServer(
  name: string,
  port: number,
  start: string,
  tests: () => void,
): Promise<void> {
  const isThere = process.env['CI'] !== undefined || (await isReachable(port))
  const reason = isThere ? '' : ` (skipped: start one with "${start}")`
  describe.skipIf(!isThere)(`${name}${reason}`, () => {
    tests()
  })
}

function plainDriver(
  dialect: SqlDialect,
  capabilities: readonly SqlCapability[],
  run: Run,
  batch: SqlDriver['batch'],
): SqlDriver {
  const compile = createCompiler(dialect)
  const refuse = async (): Promise<never> => {
    throw new RockstarError('STORE_UNSUPPORTED', 'Expected another driver')
  }
  return {
    name: 'plain',
    dialect,
    capabilities: new Set(capabilities),
    async query(sql, params) {
      const { text, order } = compile(sql)
      return run(text, valuesOf(order, params)).catch((error: unknown) => {
        throw failureOf(error)
      })
    },
    batch,
    transaction: refuse,
    stream: () => {
      throw new RockstarError('STORE_UNSUPPORTED', 'Expected another driver')
    },
    close: async () => undefined,
  }
}

function valuesOf(order: readonly string[], params: SqlParameters = {}): unknown[] {
  return order.map((name) => {
    const value = params[name]
    if (value === undefined) throw new Error(`Expected a parameter ${name}, got none`)
    return value instanceof Uint8Array ? Buffer.from(value) : value
  })
}

function resultOf(rows: readonly Record<string, unknown>[], changes: number): SqlResult {
  const plain = rows.map((row): SqlRow => {
    const entries = Object.entries(row).map(([column, value]) => [column, toValue(value)] as const)
    return Object.fromEntries(entries)
  })
  return { rows: plain, columns: Object.keys(rows[0] ?? {}), changes, lastId: null }
}

function toValue(value: unknown): SqlValue {
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (typeof value === 'string' || typeof value === 'number') return value
  return null
}

function failureOf(error: unknown): RockstarError {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  const lost = code === 'ER_LOCK_DEADLOCK' || code === '40P01'
  return sqlError(lost ? 'SQL_DEADLOCK' : 'SQL_UNKNOWN', {}, error)
}

function isReachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1000 })
    const end = (answer: boolean) => (): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('connect', end(true)).on('error', end(false)).on('timeout', end(false))
  })
}
