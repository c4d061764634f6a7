const accounts = new Map();
for (let i = 0; i < 50_000; i++) {
  accounts.set(`token-${i}`, {
    id: i,
    name: `account ${i}`,
    roles: i % 10 ? ['user'] : ['user', 'admin'],
    preferences: { language: ['en', 'de', 'fr'][i % 3], theme: i % 2 ? 'dark' : 'light' },
  });
}

export function accountOf(token) {
  return accounts.get(token);
}
