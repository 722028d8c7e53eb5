export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['arpa2-source', 'node', 'node-addons'] },
  testMatch: [
    '<rootDir>/packages/*/test/**/*.test.ts',
    '<rootDir>/shells/*/test/**/*.test.ts',
    '<rootDir>/test/**/*.test.ts',
  ],
  modulePathIgnorePatterns: ['/dist/', '/.tstest/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        module: { type: 'es6' },
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        sourceMaps: 'inline',
      },
    ],
  },
  reporters: ['default', '<rootDir>/scripts/jest-summary-reporter.mjs'],
  testTimeout: 30_000,
  // Most tests wait for other processes. Jest would leave one processor idle, which on two is half of them.
  maxWorkers: '100%',
};
