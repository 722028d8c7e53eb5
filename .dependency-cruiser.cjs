/** The layers of ARCHITECTURE.md. Each package may import the packages listed here and no others. */
const layers = {
  'packages/protocol': [],
  'packages/grammar': [],
  'packages/gssapi': [],
  'packages/amqp': [],
  'packages/lmdb-file': [],
  'packages/acl': ['protocol', 'lmdb-file'],
  'packages/directory': ['protocol', 'lmdb-file'],
  'packages/session': ['protocol', 'gssapi'],
  'packages/shell': ['protocol', 'grammar'],
  'packages/dispatcher': ['protocol', 'grammar', 'acl', 'shell'],
  'packages/arpa2amqp': ['protocol', 'session', 'amqp'],
  'packages/arpa2amqp\\.d': ['protocol', 'acl', 'session', 'amqp', 'dispatcher', 'shell'],
  'packages/arpa2shell': ['protocol', 'grammar', 'shell', 'dispatcher', 'arpa2amqp'],
  'shells/arpa2dns': ['protocol', 'shell'],
  'shells/arpa2acl': ['protocol', 'acl', 'shell', 'arpa2amqp'],
  'shells/arpa2id': ['protocol', 'directory', 'shell'],
  'shells/arpa2reservoir': ['protocol', 'directory', 'shell'],
};

const layerRules = Object.entries(layers).map(([folder, allowed]) => ({
  name: `layer-${folder.replace('\\', '')}`,
  comment: `${folder} may import ${allowed.join(', ') || 'no other package'}`,
  severity: 'error',
  from: { path: `^${folder}/src` },
  to: {
    path: '^(packages|shells)/',
    pathNot: [`^${folder}/`, ...allowed.map((name) => `^packages/${name}/src/index\\.ts$`)],
  },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'one-door',
      comment: 'Other packages are entered by src/index.ts only',
      severity: 'error',
      from: { path: '^(?:packages|shells|test|bench|demo)/([^/]+)' },
      to: { path: '^(?:packages|shells)/([^/]+)/src/', pathNot: ['^(?:packages|shells)/$1/', '/src/index\\.ts$'] },
    },
    {
      name: 'src-not-to-test',
      severity: 'error',
      from: { path: '/src/', pathNot: '^packages/testkit/' },
      to: { path: ['/test/', '^packages/testkit/'] },
    },
    {
      name: 'rhea-in-amqp-only',
      severity: 'error',
      from: { pathNot: '^(packages/amqp/|packages/testkit/|bench/|test/)' },
      to: { path: 'node_modules/rhea' },
    },
    {
      name: 'undeclared-dependency',
      severity: 'error',
      from: { path: '/src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '/src/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.tstest)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['arpa2-source', 'import', 'node', 'default'],
    },
  },
};
