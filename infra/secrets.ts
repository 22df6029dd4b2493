/** Set with `sst secret set <name>`; docs/deploy.md says where each comes from. */
export const secrets = {
  databaseUrl: new sst.Secret("DatabaseUrl"),
  r2AccessKeyId: new sst.Secret("R2AccessKeyId"),
  r2SecretAccessKey: new sst.Secret("R2SecretAccessKey"),
};
