export { createCatalogue } from './catalogue.ts'
export type {
  BatchEntry,
  Catalogue,
  CatalogueSource,
  Database,
  DatabaseHealth,
  DatabaseManager,
  DatabaseScope,
  ExecResult,
  MigrateOptions,
  Migration,
  MigrationState,
  MigrationStatus,
  MigrationStep,
  Migrator,
  MigratorOptions,
  SqlTemplate,
  Statement,
} from './contract.ts'
export type { DatabaseManagerOptions, DriverOpener } from './manager.ts'
export { createDatabaseManager } from './manager.ts'
export { createMigrator } from './migrations.ts'
export type { DatabaseHost, DatabaseOptions, DatabaseService, NamedDatabaseOptions } from './service.ts'
export { createDatabaseService } from './service.ts'
export { sql } from './template.ts'
