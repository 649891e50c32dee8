import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      'coverage/',
      'test/fixtures/',
      'test/fuzz/corpus/',
      'test/golden/',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // Runs out of stack on recursive types, such as JSON's.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: "ImportDeclaration[source.value='zod'] > ImportSpecifier",
          message: 'Import zod as a namespace: else all of it, forty languages too, is bundled.',
        },
      ],
    },
  },
  {
    // The status page, as browsers run it; its types are checked by its own tsconfig.json.
    files: ['daemon/status/page/assets/*.js'],
    extends: [...tseslint.configs.recommended],
    rules: { eqeqeq: 'error', 'no-console': 'error', 'no-var': 'error', 'prefer-const': 'error' },
  },
  {
    // Tests read recorded JSON and drive processes: what they assert is the value, not the type.
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/require-await': 'off',
      'no-restricted-imports': [
        'error',
        {
          name: 'fast-check',
          message: 'Use test/support/property: CI tries the same inputs each time.',
        },
      ],
    },
  },
  {
    // Where fast-check is configured, and where every run has a seed of its own.
    files: ['test/support/property.ts', 'test/fuzz/seeds.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
);
