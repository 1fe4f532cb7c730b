//! The fleet file: with it, the console on the lab is the console on any fleet.

use std::path::Path;

use secrecy::ExposeSecret;

use super::{
    backups, files,
    ground::Ground,
    plan::{CLUSTERS, Cluster},
    programs,
    seed::migrations,
    user,
};
use crate::model::Fault;

const FILE: &str = "fleet.toml";
/// With which the secrets server is asked, to watch and to operate.
const KEYS: [&str; 4] = [
    "vault/tenantry.role-id",
    "vault/tenantry.secret-id",
    "vault/tenantry-operate.role-id",
    "vault/tenantry-operate.secret-id",
];

const ORDERS: &str = r#"
[[instances.tenants]]
model = "shared"
database = "orders"
registry = "public.tenant"
id = "id"
name = "name"
size = "bytes"
tenant_column = "tenant_id"
setting = "app.current_tenant"
runtime_roles = ["app_rw"]
reader = "app_reader"
register = { role = "app_owner", columns = { plan = "{tier}", region = "eu-north", size_rank = "0" } }

[[instances.tenants]]
model = "schema"
database = "suite"
pattern = "^t_(?<tenant>.+)$"
"#;

/// How tenants are brought in.
const ONBOARDING: &str = r#"
[onboarding]
model = "schema"
tier = "standard"
admin_role = "databases"
connect_role = "tenants"
lease = "30m"
max_lease = "12h"

[onboarding.tiers.standard]
connections = 5
statement_timeout = "30s"
idle_in_transaction_session_timeout = "1m"
temp_file_limit = "1GB"
work_mem = "8MB"

[onboarding.tiers.large]
connections = 20
statement_timeout = "2m"
idle_in_transaction_session_timeout = "1m"
temp_file_limit = "10GB"
work_mem = "32MB"
"#;

const DATABASES: &str = r#"
[[instances.tenants]]
model = "database"
pattern = "^tenant_(?<tenant>.+)$"
"#;

const ACME: &str = r#"
[[instances.tenants]]
model = "instance"
tenant = "acme"
"#;

/// Writes the fleet file with the migrations that it names, and the passfiles for the fall-back login and for people with
/// `psql`.
pub fn write(ground: &Ground) -> Result<(), Fault> {
    for (file, role) in [("passfile", "tenantry_fallback"), ("admin.pgpass", "postgres")] {
        let login = ground.secrets().login(role)?;
        let line = format!("127.0.0.1:*:*:{role}:{}\n", login.password.expose_secret());
        files::private(&ground.path(file), &line)?;
    }
    migrations::write(ground)?;
    files::private(&ground.path(FILE), &text(ground))?;
    lend(ground)
}

/// Makes the fleet file, and all that it names, the database's user's, who is also whoever logs in to the lab.
pub fn lend(ground: &Ground) -> Result<(), Fault> {
    let paths = [FILE, "passfile", "vault"].into_iter().chain(KEYS);
    for path in paths.map(|name| ground.path(name)).filter(|path| path.exists()) {
        files::give_to_database(&path)?;
    }
    Ok(())
}

fn text(ground: &Ground) -> String {
    let instances: String = CLUSTERS.iter().map(|cluster| instance(ground, cluster)).collect();
    format!(
        "# Written by `tenantry lab up`.\n\n\
         [fleet]\nname = \"lab\"\nenvironment = \"lab\"\n\n\
         [vault]\naddress = \"http://127.0.0.1:{}\"\nmount = \"database\"\n\
         auth = {{ method = \"approle\", role_id_file = {}, secret_id_file = {} }}\n\
         operate_auth = {{ method = \"approle\", role_id_file = {}, secret_id_file = {} }}\n{}{ONBOARDING}{instances}",
        ground.vault_port(),
        quoted(ground, KEYS[0]),
        quoted(ground, KEYS[1]),
        quoted(ground, KEYS[2]),
        quoted(ground, KEYS[3]),
        tracks(ground),
    )
}

fn tracks(ground: &Ground) -> String {
    let directory = |track: migrations::Track| quoted(ground, &format!("{}/{}", migrations::DIRECTORY, track.name));
    format!(
        "\n[[migrations]]\ndirectory = {}\nmodels = [\"shared\"]\nreaders = \"watchers\"\n\
         \n[[migrations]]\ndirectory = {}\nmodels = [\"schema\", \"database\", \"instance\"]\n\
         database = \"shop\"\nreaders = \"watchers\"\n",
        directory(migrations::SHARED),
        directory(migrations::APART),
    )
}

fn instance(ground: &Ground, cluster: &Cluster) -> String {
    let name = cluster.name;
    let server = |site: &super::plan::Site| {
        let (name, port, zone) = (site.name, ground.port(site), site.zone);
        format!("  {{ name = \"{name}\", host = \"127.0.0.1\", port = {port}, zone = \"{zone}\" }},\n")
    };
    let servers: String = cluster.sites().map(server).collect();
    let tenants = match name {
        "atlas" => ORDERS,
        "boreas" => DATABASES,
        _ => ACME,
    };
    let passfile = quoted(ground, "passfile");
    format!(
        "\n[[instances]]\nname = \"{name}\"\ndatabase = \"postgres\"\nvault_connection = \"{name}\"\n\
         operate_connection = \"{name}-operators\"\n\
         watch_role = \"tenantry-watch-{name}\"\noperate_role = \"tenantry-operate-{name}\"\n\
         direct = {{ user = \"tenantry_fallback\", passfile = {passfile} }}\n\
         tls = \"disable\"\nservers = [\n{servers}]\n{tenants}{}",
        backups(ground, cluster)
    )
}

/// Where the instance's backups are, if it has any.
fn backups(ground: &Ground, cluster: &Cluster) -> String {
    let (Some(program), Some(binaries)) = (programs::pgbackrest(), programs::postgres()) else {
        return String::new();
    };
    if !backups::is_laid(ground) {
        return String::new();
    }
    let at = |path: &Path| toml::Value::String(path.display().to_string());
    format!(
        "\n[instances.backups]\nstanza = \"{}\"\nconfig = {}\nprogram = {}\nreach = {}\nbinaries = {}\n\
         scratch = {}\n",
        cluster.name,
        at(&backups::conf(ground)),
        at(&program),
        toml::Value::from(user::reach()),
        at(&binaries),
        at(&backups::scratch(ground)),
    )
}

/// A path under the lab as a TOML string.
fn quoted(ground: &Ground, name: &str) -> String {
    toml::Value::String(ground.path(name).display().to_string()).to_string()
}
