//! help.getConfig: where the server is, and the limits a client should keep.
//!
//! `this_dc` is the data centre the client believes to talk to: TDLib asks again without end when it differs. All
//! five are listed at our own addresses, since clients have one or another of them built in.
//! Source: <https://core.telegram.org/constructor/config>.

use ids::limits;
use tl::fields;

use crate::{Access, Ctx, DcOption, Method, RpcError};

/// How long a client may keep the answer.
const LIFE_S: i32 = 3600;
/// Data centres that clients have built in.
const DCS: std::ops::RangeInclusive<i32> = 1..=5;

impl Method for tl::help::GetConfig {
    const ACCESS: Access = Access::Unbound;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Config, RpcError> {
        let date = ctx.now.unix().as_int();
        Ok(fields::Config {
            date,
            expires: date.saturating_add(LIFE_S),
            test_mode: false,
            this_dc: ctx.caller.dc.0,
            dc_options: dc_options(ctx),
            chat_size_max: 200,
            megagroup_size_max: 200_000,
            forwarded_count_max: 100,
            online_update_period_ms: limits::ONLINE_AGAIN_MS as i32,
            offline_blur_timeout_ms: 5_000,
            offline_idle_timeout_ms: 30_000,
            online_cloud_timeout_ms: limits::ONLINE_MS as i32,
            notify_cloud_delay_ms: 30_000,
            notify_default_delay_ms: 1_500,
            push_chat_period_ms: 60_000,
            push_chat_limit: 2,
            edit_time_limit: i32::try_from(limits::EDIT_TIME_S_MAX).unwrap_or(i32::MAX),
            revoke_time_limit: i32::MAX,
            revoke_pm_time_limit: i32::MAX,
            rating_e_decay: 2_419_200,
            stickers_recent_limit: 200,
            channels_read_media_period: 604_800,
            call_receive_timeout_ms: 20_000,
            call_ring_timeout_ms: 90_000,
            call_connect_timeout_ms: 30_000,
            call_packet_timeout_ms: 10_000,
            me_url_prefix: "https://t.me/".to_owned(),
            caption_length_max: 1024,
            message_length_max: limits::MESSAGE_TEXT_UNITS_MAX as i32,
            webfile_dc_id: ctx.caller.dc.0,
            ..fields::Config::default()
        }
        .into())
    }
}

fn dc_options(ctx: &Ctx<'_>) -> Vec<tl::DcOption> {
    let option = |id: i32, address: &DcOption| fields::DcOption {
        ipv6: address.ipv6,
        media_only: false,
        tcpo_only: false,
        cdn: false,
        r#static: true,
        this_port_only: true,
        id,
        ip_address: address.host.clone(),
        port: address.port.into(),
        secret: None,
    };
    DCS.flat_map(|id| ctx.env.addresses.iter().map(move |address| option(id, address).into())).collect()
}
