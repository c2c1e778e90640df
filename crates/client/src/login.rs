//! Signing in, and up where there is no account yet. Source: docs, api/auth.
use std::future::Future;

use tl::fields;

use crate::client::Client;
use crate::error::CallError;

/// Who signs in.
#[derive(Clone)]
pub struct Person {
    /// Number in international form, digits only.
    pub phone: String,
    /// First name, used if an account has to be made.
    pub first_name: String,
    /// Last name, used if an account has to be made.
    pub last_name: String,
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// No code came.
    #[error("no login code came")]
    NoCode,
    /// The server wants something that this client does not do.
    #[error("the server answered with a step that is not supported")]
    Unsupported,
}

impl Client {
    /// Signs in, or up; `code` is asked for the login code once it was sent.
    pub async fn log_in<F, C>(&self, person: &Person, code: F) -> Result<tl::User, LogInError>
    where
        F: FnOnce() -> C,
        C: Future<Output = Option<String>>,
    {
        let phone_number = person.phone.clone();
        let send = tl::auth::SendCode {
            phone_number: phone_number.clone(),
            api_id: self.options().app.api_id,
            api_hash: self.options().app.api_hash.clone(),
            settings: fields::CodeSettings::default().into(),
        };
        let tl::auth::SentCode::SentCode(sent) = self.call(&send).await? else {
            return Err(LogInError::Unsupported);
        };
        let phone_code_hash = sent.phone_code_hash;
        let phone_code = Some(code().await.ok_or(LogInError::NoCode)?);
        let sign_in = tl::auth::SignIn {
            phone_number: phone_number.clone(),
            phone_code_hash: phone_code_hash.clone(),
            phone_code,
            email_verification: None,
        };
        let authorization = match self.call(&sign_in).await? {
            tl::auth::Authorization::AuthorizationSignUpRequired(_) => {
                let Person { first_name, last_name, .. } = person.clone();
                let no_joined_notifications = false;
                let sign_up = tl::auth::SignUp {
                    no_joined_notifications,
                    phone_number,
                    phone_code_hash,
                    first_name,
                    last_name,
                };
                self.call(&sign_up).await?
            }
            signed_in @ tl::auth::Authorization::Authorization(_) => signed_in,
        };
        match authorization {
            tl::auth::Authorization::Authorization(authorization) => Ok(authorization.user),
            tl::auth::Authorization::AuthorizationSignUpRequired(_) => Err(LogInError::Unsupported),
        }
    }
}
