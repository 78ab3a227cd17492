"""Signing up, in and out, and what protects an account."""

from django.urls import path

from gongzhi.accounts import views
from gongzhi.accounts.views import card, codes, counter, factors, family, identity, recovery, security, verification

app_name = "accounts"
urlpatterns = [
    path("accounts/sign-in/", views.sign_in, name="sign_in"),
    path("accounts/sign-in/code/", codes.sign_in_code, name="sign_in_code"),
    path("accounts/sign-in/code/enter/", codes.sign_in_code_enter, name="sign_in_code_enter"),
    path("accounts/sign-in/passkey/", factors.sign_in_passkey, name="sign_in_passkey"),
    path("accounts/sign-in/second/", factors.second_step, name="second_step"),
    path("accounts/sign-up/", codes.sign_up, name="sign_up"),
    path("accounts/sign-up/finish/", codes.sign_up_finish, name="sign_up_finish"),
    path("accounts/recover/", codes.recover, name="recover"),
    path("accounts/recover/finish/", codes.recover_finish, name="recover_finish"),
    path("accounts/identity/connect/", identity.identity_connect, name="identity_connect"),
    path("accounts/identity/<slug:code>/", identity.identity_begin, name="identity_begin"),
    path("accounts/identity/<slug:code>/callback/", identity.identity_callback, name="identity_callback"),
    path("accounts/identity/<slug:code>/disconnect/", identity.identity_disconnect, name="identity_disconnect"),
    path("accounts/wechat/config.json", identity.wechat_config, name="wechat_config"),
    path("accounts/stop/<str:key>/", recovery.recovery_stop, name="recovery_stop"),
    path("accounts/sign-out/", views.sign_out, name="sign_out"),
    path("my/security/", security.security, name="security"),
    path("my/security/password/", security.password, name="password"),
    path("my/security/contact/", security.contact, name="contact"),
    path("my/security/contact/confirm/", security.contact_confirm, name="contact_confirm"),
    path("my/security/needed/", factors.factor_needed, name="factor_needed"),
    path("my/security/authenticator/", factors.authenticator, name="authenticator"),
    path("my/security/passkey/", factors.passkey_add, name="passkey_add"),
    path("my/security/recovery-codes/", factors.recovery_codes, name="recovery_codes"),
    path("my/security/factors/<int:number>/remove/", factors.factor_remove, name="factor_remove"),
    path("my/security/recovery/<str:public_id>/stop/", recovery.recovery_stop_own, name="recovery_stop_own"),
    path("my/security/sessions/end/", security.session_end, name="session_end"),
    path("accounts/card/", card.sign_in_card, name="sign_in_card"),
    path("my/identity/", verification.own_identity, name="own_identity"),
    path("my/family/", family.own_family, name="own_family"),
    path("my/identity/withdraw/", verification.withdraw, name="identity_withdraw"),
    path("my/identity/proof/<str:public_id>/", verification.own_proof, name="own_proof"),
    path("my/identity/card/block/", card.block_own, name="card_block_own"),
    path("workbench/identity/", verification.review_list, name="identity_review_list"),
    path("workbench/identity/<str:public_id>/", verification.review_detail, name="identity_review"),
    path("workbench/identity/<str:public_id>/proof/", verification.review_proof, name="identity_proof"),
    path("workbench/counter/people/", counter.counter_register, name="counter_register"),
    path("workbench/counter/people/<str:number>/", counter.counter_person, name="counter_person"),
    path("workbench/account-recovery/", recovery.recovery_list, name="recovery_list"),
    path("workbench/account-recovery/<str:public_id>/", recovery.recovery_detail, name="recovery_detail"),
]
