"""Moments that discs, ligaments, facets and the hip capsule carry without any muscle.

A segment at theta degrees of extension (negative in flexion), with F and E its full living flexion and
extension:

    disc        M = -k (theta - theta_0)
    ligaments   M =  M_lig  (exp(c_l x) - 1) / (exp(c_l) - 1),   x = -theta / F,  in flexion
    facets      M = -M_fac  (exp(c_f x) - 1) / (exp(c_f) - 1),   x =  theta / E,  in extension

Both run straight on beyond the full range. M is the moment on the upper body, positive towards extension: it
resists. The ligament moment comes from tension at the arm `ligament_arm` behind the joint, so it also presses
the disc: T = M / arm. The discs rest at theta_0, the lordosis of lying; ligaments and facets start from
standing.

The hip capsule at e degrees of extension carries M = M_c exp((e - e_c) / g) towards flexion.
"""

from __future__ import annotations

import numpy as np

from nextposture.body.compiling import kernel


@kernel(inline="always")
def toe_region(x, shape):  # type: ignore[no-untyped-def]
    """(exp(shape x) - 1) / (exp(shape) - 1) and its slope; straight beyond the full range x = 1."""
    top = np.exp(shape) - 1.0
    if x > 1.0:
        slope = shape * (top + 1.0) / top
        return 1.0 + slope * (x - 1.0), slope
    e = np.exp(shape * x)
    return (e - 1.0) / top, shape * e / top


@kernel(inline="always")
def segment_moment(  # type: ignore[no-untyped-def]
    theta, stiffness, ligament, ligament_shape, full_flexion, facet, facet_shape, full_extension, rest
):
    """(moment, its slope, ligament part of it, slope of that): Nm and Nm/rad at theta rad of extension."""
    moment = -stiffness * (theta - rest)
    if theta < 0.0:
        share, slope = toe_region(-theta / full_flexion, ligament_shape)
        return (
            moment + ligament * share,
            -stiffness - ligament * slope / full_flexion,
            ligament * share,
            (-ligament * slope / full_flexion),
        )
    share, slope = toe_region(theta / full_extension, facet_shape)
    return moment - facet * share, -stiffness - facet * slope / full_extension, 0.0, 0.0


@kernel(inline="always")
def capsule_moment(hip_flexion, moment, angle, growth):  # type: ignore[no-untyped-def]
    """(moment towards flexion, slope): Nm and Nm/rad at hip_flexion rad; `angle` and `growth` in rad."""
    m = moment * np.exp((-hip_flexion - angle) / growth)
    return m, -m / growth
