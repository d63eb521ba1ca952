/** Marks an app of ours, of this or another copy of the package: it takes the Platform along. */
export const appBrand: unique symbol = Symbol.for('rockstar.app')
