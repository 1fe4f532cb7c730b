# What acting needs on top of watching: credentials to act with, rotation, and an end to leases.

# What it logs in with itself, and what it rotates: the old login is tried before, the new one after.
path "database/static-creds/*"                   { capabilities = ["read"] }
path "database/creds/*"                          { capabilities = ["read"] }
path "database/rotate-role/*"                    { capabilities = ["update"] }
path "database/rotate-root/*"                    { capabilities = ["update"] }
path "sys/leases/renew"                          { capabilities = ["update"] }
path "sys/leases/revoke"                         { capabilities = ["update"] }
path "sys/leases/revoke-prefix/database/creds/*" { capabilities = ["update", "sudo"] }
