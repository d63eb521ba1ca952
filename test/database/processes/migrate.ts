// Migrates a file when its input says so, and tells how many migrations it ran itself.
import { createMigrator } from '../../../src/database/index.ts'
import { openFile } from '../open.ts'
import { manyMigrations } from './migrations.ts'

const driver = await openFile(process.argv[2] ?? '')
const migrator = createMigrator({ driver, migrations: manyMigrations, clock: { now: () => Date.now() } })
process.stdout.write('ready\n')
for await (const chunk of process.stdin) void chunk
const steps = await migrator.up()
process.stdout.write(`ran ${steps.length}\n`)
await driver.close()
