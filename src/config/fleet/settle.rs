//! A checked fleet file becomes the nouns of the fleet and the ways to it.

use std::path::{Path, PathBuf};

use super::{
    super::{Access, Auth, Direct, EngineRole, Places, Settings, VaultSettings, Watch},
    backups,
    file::{self, FleetFile},
    onboarding, ways,
};
use crate::model::{Bytes, Fleet, Instance, Register, Registry, Server, Tenancy, Track};

/// Turns a path as it is written into one that can be opened.
type Resolve<'a> = &'a dyn Fn(&Path) -> PathBuf;

/// What the file says, with its paths resolved.
pub(super) fn settings(places: &Places, from: &Path, file: FleetFile) -> Settings {
    let path: Resolve<'_> = &|written| places.resolve(from, written);
    let watch = |of: &file::Instance| access(of.watch_role.clone().map(EngineRole::Static), of.direct.as_ref(), path);
    let acts_as = |of: &file::Instance| {
        let lease = of.operate_lease.clone().map(EngineRole::Dynamic);
        of.operate_role.clone().map(EngineRole::Static).or(lease)
    };
    let operate = |of: &file::Instance| access(acts_as(of), of.operate_direct.as_ref(), path);
    let acting = |of: &&file::Instance| acts_as(of).is_some() || of.operate_direct.is_some();
    Settings {
        access: file.instances.iter().map(|of| (of.name.clone(), watch(of))).collect(),
        operate: file
            .instances
            .iter()
            .filter(acting)
            .map(|of| (of.name.clone(), operate(of)))
            .collect(),
        fleet: Fleet {
            name: file.fleet.name,
            environment: file.fleet.environment,
            vault: file.vault.as_ref().map(|vault| bare(&vault.mount)),
            instances: file.instances.into_iter().map(|i| instance(i, path)).collect(),
            tracks: file.migrations.into_iter().map(|t| track(t, path)).collect(),
            onboarding: file.onboarding.map(onboarding::settle),
        },
        vault: file.vault.map(|v| vault(v, path)),
        watch: Watch {
            max_connections: file.watch.max_connections,
        },
    }
}

fn vault(file: file::Vault, path: Resolve<'_>) -> VaultSettings {
    VaultSettings {
        address: file.address.trim_end_matches('/').to_owned(),
        ca: file.ca.as_deref().map(path),
        namespace: file.namespace,
        mount: bare(&file.mount),
        auth: auth(file.auth, path),
        operate: file.operate_auth.map(|operate| auth(operate, path)),
    }
}

fn auth(file: file::Auth, path: Resolve<'_>) -> Auth {
    match file {
        file::Auth::TokenFile { path: token } => Auth::TokenFile { path: path(&token) },
        file::Auth::AppRole {
            mount,
            role_id_file,
            secret_id_file,
        } => Auth::AppRole {
            mount: bare(&mount),
            role_id_file: path(&role_id_file),
            secret_id_file: path(&secret_id_file),
        },
        file::Auth::Userpass {
            mount,
            username,
            password_file,
        } => Auth::Userpass {
            mount: bare(&mount),
            username,
            password_file: path(&password_file),
        },
        file::Auth::Kubernetes { mount, role, jwt_file } => Auth::Kubernetes {
            mount: bare(&mount),
            role,
            jwt_file: path(&jwt_file),
        },
    }
}

/// A mount without the slashes that people put around it.
fn bare(mount: &str) -> String {
    mount.trim_matches('/').to_owned()
}

fn access(role: Option<EngineRole>, direct: Option<&file::Direct>, path: Resolve<'_>) -> Access {
    let direct = direct.and_then(|direct| match (&direct.user, &direct.service) {
        (Some(user), _) => Some(Direct::Passfile {
            user: user.clone(),
            passfile: direct.passfile.as_deref().map(path),
        }),
        (None, Some(service)) => Some(Direct::Service {
            service: service.clone(),
            file: direct.file.as_deref().map(path),
        }),
        (None, None) => None,
    });
    Access { role, direct }
}

fn instance(file: file::Instance, path: Resolve<'_>) -> Instance {
    let (tls, ca) = (file.tls, file.ca);
    let server = |server: file::Server| Server {
        tls: server.tls.or(tls).unwrap_or_else(|| ways::tls(&server.host)),
        ca: server.ca.as_deref().or(ca.as_deref()).map(path),
        name: server.name,
        host: server.host,
        port: server.port,
        zone: server.zone,
    };
    Instance {
        name: file.name,
        servers: file.servers.into_iter().map(server).collect(),
        database: file.database,
        vault_connection: file.vault_connection,
        operate_connection: file.operate_connection,
        tenancies: file.tenants.into_iter().map(tenancy).collect(),
        backups: file.backups.map(backups::settle),
    }
}

fn track(file: file::Track, path: Resolve<'_>) -> Track {
    Track {
        directory: path(&file.directory),
        models: file.models,
        instances: file.instances,
        schema: file.schema,
        database: file.database,
        owner: file.owner,
        also: file.also,
        readers: file.readers,
    }
}

fn shared(file: file::SharedTables) -> Tenancy {
    let query = file.query.unwrap_or_default();
    let register = |file: file::Register| Register {
        role: file.role,
        columns: file.columns,
    };
    Tenancy::Shared {
        database: file.database,
        registry: file.registry.map_or(Registry::Query(query), Registry::Table),
        id: file.id,
        name: file.name,
        size: file.size,
        tenant_column: file.tenant_column,
        setting: file.setting,
        runtime_roles: file.runtime_roles,
        reader: file.reader,
        digest_below: Bytes(file.digest_below),
        register: file.register.map(register).map(Box::new),
    }
}

fn tenancy(file: file::Tenants) -> Tenancy {
    match file {
        file::Tenants::Shared(file) => shared(*file),
        file::Tenants::Schema { database, pattern } => Tenancy::Schema { database, pattern },
        file::Tenants::Database { pattern } => Tenancy::Database { pattern },
        file::Tenants::Instance { tenant } => Tenancy::Instance { tenant },
    }
}
