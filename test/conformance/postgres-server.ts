import { Client } from 'pg'

const server = 'postgres://postgres@127.0.0.1:5432'

/** The URL of a database of this name, made if it is not there; null where no server runs, except on CI. */
export async function postgresUrl(database: string): Promise<string | null> {
  const client = new Client({ connectionString: `${server}/postgres`, connectionTimeoutMillis: 2000 })
  try {
    await client.connect()
  } catch (error) {
    if (process.env['CI'] !== undefined) throw error
    return null
  }
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database])
  if (rowCount === 0) await client.query(`create database ${database}`)
  await client.end()
  return `${server}/${database}`
}
