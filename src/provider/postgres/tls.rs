//! TLS for PostgreSQL: chain and host name are always verified.

use std::path::Path;

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::model::{Fault, FaultKind};

/// A connector that trusts the certificates of `ca`, or those of the system.
pub fn connector(ca: Option<&Path>) -> Result<MakeRustlsConnect, Fault> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(path) => {
            for certificate in pem(path)? {
                roots.add(certificate).map_err(|e| unusable(path, &e.to_string()))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        let hint = "name a file with the authority's certificate: ca = \"…\" in the fleet file";
        return Err(Fault::new(FaultKind::Unreachable, "no certificate to trust").hint(hint));
    }
    Ok(MakeRustlsConnect::new(
        ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth(),
    ))
}

fn pem(path: &Path) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    certificates.map_err(|e| unusable(path, &e.to_string()))
}

fn unusable(path: &Path, why: &str) -> Fault {
    Fault::new(FaultKind::Unreachable, format!("{}: {why}", path.display()))
        .hint("the file must hold certificates in PEM form")
}
